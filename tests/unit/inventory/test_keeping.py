"""Who keeps whose copies, and what the servers are told of it."""

from __future__ import annotations

import copy
from typing import Any

from provisioner.inventory import keeping
from provisioner.spec.consortium import Consortium
from tests.unit.spec import samples

ELSEWHERE = {
    "id": "quebec",
    "city": "Québec",
    "province": "QC",
    "latitude": 46.8,
    "longitude": -71.2,
    "operator": "coop",
}


def consortium(*keepers: tuple[str, str]) -> Consortium:
    """The sample with keepers: name and site of each."""
    spec: dict[str, Any] = copy.deepcopy(samples.CONSORTIUM)
    spec["sites"] += [ELSEWHERE, {**ELSEWHERE, "id": "rimouski"}]
    for number, (name, site) in enumerate(keepers):
        server = {**spec["servers"][1], "id": name, "site": site, "roles": ["backup"]}
        spec["servers"].append({**server, "address": f"192.0.2.{90 + number}"})
    return Consortium.model_validate(spec)


def test_a_keeper_is_at_another_site_and_stays_the_same() -> None:
    spec = consortium(("k0", "sherbrooke"), ("k1", "quebec"))
    homes = [server for server in spec.servers if server.id == "srv1"]
    chosen = keeping.keeper_of(spec, homes)
    assert chosen is not None
    assert chosen.id == "k1"
    more = consortium(("k0", "sherbrooke"), ("k1", "quebec"), ("k2", "rimouski"))
    assert keeping.keeper_of(more, homes) == chosen


def test_nobody_keeps_where_no_site_is_another() -> None:
    spec = consortium(("k0", "sherbrooke"))
    assert keeping.keeper_of(spec, spec.servers[:1]) is None
    assert keeping.keeper_of(consortium(), spec.servers[:1]) is None


def test_servers_know_their_keepers_and_keepers_their_writers() -> None:
    spec = consortium(("k1", "quebec"))
    by_name = {server.id: server for server in spec.servers}
    writer = keeping.server_backup_variables(spec, by_name["srv1"])
    assert [each["address"] for each in writer["server_backup_keepers"]] == ["192.0.2.90"]
    assert writer["server_firewall_allowed_destinations"] == [{"address": "192.0.2.90", "port": 22}]
    assert writer["server_backup_contact"] == "garde@consortium.example"
    keeper = keeping.server_backup_variables(spec, by_name["k1"])
    assert keeper["server_backup_writers"] == ["192.0.2.11", "192.0.2.12"]
    assert keeping.server_backup_variables(consortium(), by_name["srv1"]) == {}
