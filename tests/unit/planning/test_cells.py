"""Accounts are placed by number of realms, applications by memory and disk; neither is worth some of the other."""

from __future__ import annotations

from typing import Any

from provisioner.planning.diff import plan
from provisioner.planning.lock import Lock
from provisioner.planning.model import Consent, Create, Move
from provisioner.spec.tenant import Tenant
from tests.unit.planning import making

FULL = {"wordpress": {}, "nextcloud": {}, "identity": {}}


def cell(number: int, realms: int = 2, **changes: Any) -> dict[str, Any]:
    """An identity server that does nothing else."""
    domain = f"identite{number}.example"
    return making.server(
        number, **{"roles": ["identity"], "identity_domain": domain, "realms": realms, **changes}
    )


def town(code: str, **changes: Any) -> Tenant:
    """A municipality with all services."""
    domains = {"website": f"www.m{code}.example", "nextcloud": f"nuage.m{code}.example"}
    return making.tenant(code, **{"services": FULL, "domains": domains, **changes})


def where(lock: Lock) -> dict[str, str]:
    return {host: placed.server for host, placed in lock.placements.items()}


def test_a_municipality_lives_on_a_server_of_each_role() -> None:
    made = plan(making.consortium(making.server(1), cell(2)), making.tenants(town("46005")), Lock())
    assert where(made.lock) == {"46005-apps": "srv1", "46005-identity": "srv2"}
    assert all(isinstance(action, Create) for action in made.actions)


def test_one_server_may_have_both_roles_and_keeps_memory_for_keycloak() -> None:
    both = cell(1, roles=["apps", "identity"])
    made = plan(making.consortium(both), making.tenants(town("46005")), Lock())
    assert where(made.lock) == {"46005-apps": "srv1", "46005-identity": "srv1"}
    (use,) = made.servers
    plain = plan(making.consortium(making.server(1)), {}, Lock()).servers[0]
    assert plain.memory_capacity_mib - use.memory_capacity_mib == 1536
    assert (use.tenants, use.realms, use.realms_capacity) == (1, 1, 2)


def test_a_full_cell_leaves_the_next_municipality_to_another_and_then_refuses() -> None:
    spec = making.consortium(making.server(1, memory_gib=64, disk_gib=4000), cell(2), cell(3))
    everyone = [town(f"4600{number}") for number in range(5)]
    four = plan(spec, making.tenants(*everyone[:4]), Lock())
    assert not four.refusals
    assert sorted(use.realms for use in four.servers) == [0, 2, 2]
    five = plan(spec, making.tenants(*everyone), four.lock)
    assert [(each.reason, each.host) for each in five.refusals] == [("no-room-left", "46004-identity")]


def test_nobody_s_accounts_move_when_others_come() -> None:
    spec = making.consortium(making.server(1, memory_gib=64, disk_gib=4000), cell(2, 3), cell(3, 3))
    first = plan(spec, making.tenants(town("46005")), Lock())
    more = plan(spec, making.tenants(town("01023"), town("46005"), town("82005")), first.lock)
    assert where(more.lock)["46005-identity"] == where(first.lock)["46005-identity"]


def test_a_move_is_of_what_the_server_can_hold() -> None:
    spec = making.consortium(making.server(1), cell(2), cell(3))
    first = plan(spec, making.tenants(town("46005")), Lock())
    here = where(first.lock)["46005-identity"]
    there = {"srv2": "srv3", "srv3": "srv2"}[here]
    consent = Consent(moves={"m46005": there}, move=frozenset({"46005"}))
    (action,) = plan(spec, making.tenants(town("46005")), first.lock, consent).actions
    assert isinstance(action, Move)
    assert (action.host, action.source, action.server) == ("46005-identity", here, there)
