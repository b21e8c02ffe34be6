"""Who lived on a lost server: where they go, in which order, and who waits."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.planning.diff import plan
from provisioner.planning.lock import Awaited, Lock, Placed, parse, render
from provisioner.planning.model import Consent, Return
from provisioner.planning.placement import Reason
from provisioner.planning.rebuilding import in_order, targets
from tests.unit.planning.making import consortium, server, tenant, tenants

COPY = Awaited(keeper="garde1", snapshot="a" * 64, time="2026-11-29T01:00:00Z", source="srv1")
BOTH = {"wordpress": {}, "identity": {}}


def sized(code: str, disk_mib: int, **changes: Any) -> Any:
    return tenant(code, services={"wordpress": {"disk_mib": disk_mib}}, **changes)


def lost(*others: dict[str, Any], **changes: Any) -> Any:
    return consortium(server(1, lost=True), *others, **changes)


def living(everyone: dict[str, Any]) -> Lock:
    """All of them on srv1, while it ran."""
    return plan(consortium(server(1, disk_gib=10000, memory_gib=600)), everyone, Lock()).lock


def returns(where: dict[str, str]) -> Consent:
    return Consent(returns={host: Return(server=name, awaits=COPY) for host, name in where.items()})


def test_nobody_new_goes_to_a_lost_server_and_who_is_there_waits() -> None:
    everyone = tenants(tenant("46005"))
    lock = living(everyone)
    made = plan(lost(server(2)), everyone | tenants(tenant("46010")), lock)
    assert [(each.host, each.server) for each in made.actions] == [("46010-apps", "srv2")]
    assert made.lock.placements["46005-apps"] == lock.placements["46005-apps"]
    assert [(each.reason, each.host) for each in made.cautions] == [("server-lost", "46005-apps")]
    assert not made.refusals


def test_the_policy_says_who_comes_first_then_the_smallest() -> None:
    everyone = tenants(sized("46005", 4096), sized("46010", 1024), sized("46015", 2048), sized("46020", 8192))
    here = lost(server(2), policy={"rebuild_first": ["m46020"]})
    ordered = in_order(here, everyone, [f"{each.code}-apps" for each in everyone.values()])
    assert [host[:5] for host in ordered] == ["46020", "46010", "46015", "46005"]


def test_accounts_come_before_what_asks_them() -> None:
    everyone = tenants(tenant("46005", services=BOTH), tenant("46010", services=BOTH))
    hosts = ["46005-apps", "46005-identity", "46010-apps", "46010-identity"]
    ordered = in_order(lost(server(2)), everyone, hosts)
    assert ordered == ["46005-identity", "46005-apps", "46010-identity", "46010-apps"]


def test_who_comes_first_has_room_first() -> None:
    everyone = tenants(*(sized(f"460{number}", 20 * 1024) for number in range(10, 20)))
    here = lost(server(2, disk_gib=60, memory_gib=64), policy={"rebuild_first": ["m46017", "m46013"]})
    wanted = in_order(here, everyone, living(everyone).placements)
    found = targets(here, everyone, living(everyone), wanted)
    assert dict(found.where) == {"46017-apps": "srv2", "46013-apps": "srv2"}
    assert set(found.unplaced.values()) == {Reason.NO_ROOM}
    assert len(found.unplaced) == 8


def test_a_large_one_without_room_keeps_no_small_one_out() -> None:
    everyone = tenants(sized("46005", 70 * 1024), sized("46010", 1024))
    here = lost(server(2, disk_gib=50), policy={"rebuild_first": ["m46005"]})
    found = targets(here, everyone, living(everyone), in_order(here, everyone, living(everyone).placements))
    assert dict(found.where) == {"46010-apps": "srv2"}
    assert dict(found.unplaced) == {"46005-apps": Reason.TOO_BIG}


def test_one_server_for_one_of_them_even_where_another_is_roomier() -> None:
    everyone = tenants(tenant("46005"))
    here = lost(server(2, disk_gib=1000), server(3))
    assert dict(targets(here, everyone, living(everyone), ["46005-apps"], "srv3").where) == {
        "46005-apps": "srv3"
    }
    closed = lost(server(3, closed=True))
    found = targets(closed, everyone, living(everyone), ["46005-apps"], "srv3")
    assert dict(found.unplaced) == {"46005-apps": Reason.CLOSED}


def test_a_return_is_a_move_that_waits_for_its_copy() -> None:
    everyone = tenants(tenant("46005"))
    here = lost(server(2))
    made = plan(here, everyone, living(everyone), returns({"46005-apps": "srv2"}))
    assert [(each.kind, each.server, each.reasons) for each in made.actions] == [
        ("move", "srv2", ("server-lost",))
    ]
    placed = made.lock.placements["46005-apps"]
    assert placed.awaits == COPY
    assert parse(render(made.lock)) == made.lock
    assert [each.reason for each in made.cautions] == ["half-back"]
    again = plan(here, everyone, made.lock)
    assert not again.actions
    assert again.lock == made.lock
    assert again.digest == made.following


def test_what_came_makes_no_other_plan() -> None:
    everyone = tenants(tenant("46005"))
    here = lost(server(2))
    made = plan(here, everyone, living(everyone), returns({"46005-apps": "srv2"}))
    placed = {host: one.model_copy(update={"awaits": None}) for host, one in made.lock.placements.items()}
    after = plan(here, everyone, made.lock.model_copy(update={"placements": placed}))
    assert after.digest == made.following
    assert not after.cautions


@settings(max_examples=60)
@given(st.data())
def test_no_room_is_given_twice_and_nobody_is_forgotten(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.sampled_from([1024, 5 * 1024, 20 * 1024]), min_size=1, max_size=12))
    everyone = tenants(*(sized(f"{46000 + number}", size) for number, size in enumerate(sizes)))
    rooms = data.draw(st.lists(st.integers(5, 80), min_size=1, max_size=3))
    here = lost(*(server(number + 2, disk_gib=room, memory_gib=64) for number, room in enumerate(rooms)))
    lock = living(everyone)
    wanted = in_order(here, everyone, lock.placements)
    found = targets(here, everyone, lock, wanted)
    assert {*found.where, *found.unplaced} == set(lock.placements)
    assert not {*found.where} & {*found.unplaced}
    made = plan(here, everyone, lock, returns(dict(found.where)))
    assert not made.refusals
    assert "overfull" not in {each.reason for each in made.cautions}
    assert {host: one.server for host, one in made.lock.placements.items()} == {
        **dict.fromkeys(lock.placements, "srv1"),
        **found.where,
    }


def test_a_place_without_a_copy_stays_as_it_was_written() -> None:
    placed = Placed(server="srv1", slug="m46005", state="active", digest="a" * 64)
    assert "awaits" not in render(Lock(placements={"46005-apps": placed}))
