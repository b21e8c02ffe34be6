"""A server that is lost, in the inventory: not there, nor who lived on it; the others are told to shut it out."""

from __future__ import annotations

import json
from typing import Any

from provisioner.artifacts import lockfile
from provisioner.inventory.layers import Layers
from provisioner.inventory.rendering import render
from provisioner.planning.diff import plan
from provisioner.planning.lock import Awaited, Lock, Placed
from provisioner.planning.model import Consent, Return
from provisioner.spec.consortium import Consortium
from tests.golden.cases import HERE
from tests.unit.planning.making import consortium, server, tenant, tenants

PINS = lockfile.load(HERE / "first")
ELSEWHERE = {"city": "Là", "province": "QC", "latitude": 46, "longitude": -72, "operator": "o"}
KEEPER = server(7, id="garde1", site="la", roles=["backup"])
OTHER = server(8, id="garde2", site="plus-loin", roles=["backup"])
EVERYONE = tenants(tenant("46005", services={"wordpress": {}, "identity": {}}), tenant("46010"))
ACCOUNTS = server(3, roles=["identity"], identity_domain="id.example")


def here(*servers: dict[str, Any]) -> Consortium:
    first = consortium().model_dump(mode="json")["sites"]
    sites = [*first, {**ELSEWHERE, "id": "la"}, {**ELSEWHERE, "id": "plus-loin"}]
    return consortium(*servers, KEEPER, OTHER, sites=sites)


def hosts(spec: Consortium, placements: dict[str, Placed]) -> dict[str, dict[str, Any]]:
    files = render(spec, EVERYONE, placements, Layers("s", "t"), PINS)
    return dict(json.loads(files["hosts.json"])["all"]["hosts"]) | {"keys": {"known": files["known_hosts"]}}


def test_a_lost_server_and_who_lived_there_are_left_out() -> None:
    lock = plan(here(server(1), ACCOUNTS), EVERYONE, Lock()).lock
    before = hosts(here(server(1), ACCOUNTS), lock.placements)
    after = hosts(here(server(1, lost=True), server(2), ACCOUNTS), lock.placements)
    assert not {"srv1", "46005-apps", "46010-apps"} & after.keys()
    assert after["46005-identity"]["nuage_digest"] == before["46005-identity"]["nuage_digest"]
    assert "192.0.2.1 " not in after["keys"]["known"]
    assert "192.0.2.1" not in after["garde1"]["server_backup_writers"]
    assert "192.0.2.1" not in after["srv3"]["server_identity_application_addresses"]


def test_what_applications_are_told_of_a_lost_sign_in_server_stays_until_it_is_elsewhere() -> None:
    lock = plan(here(server(1), ACCOUNTS), EVERYONE, Lock()).lock
    before = hosts(here(server(1), ACCOUNTS), lock.placements)
    after = hosts(here(server(1), {**ACCOUNTS, "lost": True}), lock.placements)
    assert after["46005-apps"] == before["46005-apps"]
    assert "46005-identity" not in after


def test_who_waits_is_kept_where_its_copies_are_until_they_have_come() -> None:
    """The new server stands where the keeper does, so that another will keep it; until then, that one is reached."""
    lock = plan(here(server(1), ACCOUNTS), EVERYONE, Lock()).lock
    spec = here(server(1, lost=True), server(2, site="la"), ACCOUNTS)
    awaits = Awaited(keeper="garde1", snapshot="a" * 64, time="2026-11-29T01:00:00Z", source="srv1")
    back = Consent(returns={"46010-apps": Return(server="srv2", awaits=awaits)})
    placements = plan(spec, EVERYONE, lock, back).lock.placements
    waiting = hosts(spec, placements)
    assert waiting["46010-apps"]["tenant_backup_keeper"] == "garde1"
    assert [each["address"] for each in waiting["srv2"]["server_backup_keepers"]] == [
        "192.0.2.7",
        "192.0.2.8",
    ]
    came = placements["46010-apps"].model_copy(update={"awaits": awaits.model_copy(update={"back": True})})
    whole = hosts(spec, {**placements, "46010-apps": came})
    assert whole["46010-apps"]["tenant_backup_keeper"] == "garde2"
    assert [each["address"] for each in whole["srv2"]["server_backup_keepers"]] == ["192.0.2.8"]
    assert waiting["46010-apps"]["nuage_digest"] != whole["46010-apps"]["nuage_digest"]
    done = came.model_copy(update={"awaits": None})
    assert hosts(spec, {**placements, "46010-apps": done}) == whole, "nothing more is to be converged"
