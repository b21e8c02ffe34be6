"""The choice on record: it survives any later pin, and says so byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.errors import InvalidInputError
from provisioner.inventory.layers import Layers
from provisioner.inventory.rendering import render
from provisioner.planning.diff import plan
from provisioner.planning.lock import Lock
from provisioner.upgrading import choosing
from provisioner.upgrading.chosen import Choice, Chosen, Failed, parse, release_name, version_of
from provisioner.upgrading.chosen import render as text
from tests.unit.planning.making import consortium, tenants
from tests.unit.upgrading.test_deciding import FIRST, SECOND, SERVERS, pins

OLD, NEW = pins("33.0.1"), pins("34.0.1")
FAILED = Failed(release="34.0.1-x", at="2027-01-01T00:00:00Z", why="« non »")
OWN = Chosen().with_choice("46005", Choice(release=release_name(OLD), since="s", failed=FAILED), OLD)


def test_it_is_read_as_it_was_written() -> None:
    for chosen in (Chosen(), OWN, OWN.with_choice("46010", Choice(release=release_name(NEW)), NEW)):
        assert parse(text(chosen)) == chosen


def test_a_release_that_nobody_has_is_forgotten() -> None:
    moved = OWN.with_choice("46005", Choice(release=release_name(NEW)), NEW)
    assert list(moved.releases) == [release_name(NEW)]
    assert version_of(release_name(NEW)) == "34.0.1"


@pytest.mark.parametrize(
    "broken",
    ["version: 2", "municipalities: [", 'municipalities: {"46005": {"release": "34.0.1-lost"}}', "x: 1"],
)
def test_a_damaged_file_is_said(broken: str) -> None:
    with pytest.raises(InvalidInputError, match="lock-broken"):
        parse(broken)


def test_who_begins_gets_what_is_pinned_and_nobody_else_changes(tmp_path: Path) -> None:
    chosen = choosing.completed(OWN, [FIRST, SECOND], NEW)
    assert version_of(chosen.release_of("46005")) == "33.0.1"
    assert version_of(chosen.release_of("46010")) == "34.0.1"
    choosing.write(tmp_path, chosen)
    assert choosing.read(tmp_path) == chosen


def test_a_consortium_without_nextcloud_has_no_such_file(tmp_path: Path) -> None:
    choosing.write(tmp_path, choosing.read(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_another_pin_leaves_municipalities_as_they_are() -> None:
    import json

    every = {**OLD, "user_oidc": OLD["nextcloud"].model_copy(update={"name": "user_oidc"})}
    every |= {"keycloak": OLD["nextcloud"].model_copy(update={"name": "keycloak"})}
    every |= {
        "openid-connect-generic": OLD["nextcloud"].model_copy(update={"name": "openid-connect-generic"})
    }
    later = {**every, **NEW}
    here, specs = consortium(*SERVERS, rings=["pilote", "courant"]), tenants(FIRST, SECOND)
    made = plan(here, specs, Lock())
    chosen = choosing.completed(Chosen(), specs.values(), every)

    def hosts(of: dict) -> dict:
        files = render(here, specs, made.lock.placements, Layers("s", "t"), of, chosen)
        return dict(json.loads(files["hosts.json"])["all"]["hosts"])

    before, after = hosts(every), hosts(later)
    for host in ("46005-apps", "46010-apps"):
        assert before[host]["nuage_digest"] == after[host]["nuage_digest"]
        assert after[host]["tenant_nextcloud_edition"].startswith("33.0.1-")
        assert after[host]["nuage_nextcloud_newest"]["edition"].startswith("34.0.1-")
    assert "server_nextcloud_others" not in before["srv1"]
    (other,) = after["srv1"]["server_nextcloud_others"]
    assert (other["version"], after["srv1"]["server_nextcloud_version"]) == ("33.0.1", "34.0.1")
    assert after["46005-apps"]["tenant_nextcloud_edition"] in [each["name"] for each in other["editions"]]
