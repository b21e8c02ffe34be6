"""Placement: the rules that hold whatever is asked."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.planning.placement import (
    Bin,
    Demand,
    Misplaced,
    Overfull,
    Placement,
    Reason,
    Unplaced,
    place,
)

ROLES = ("apps", "identity")
SERVERS = tuple(f"srv{number}" for number in range(7))


@st.composite
def bins(draw):
    names = draw(st.lists(st.sampled_from(SERVERS), unique=True, max_size=7))
    return [
        Bin(
            server=name,
            memory=draw(st.integers(0, 40)),
            disk=draw(st.integers(0, 40)),
            roles=frozenset(draw(st.sets(st.sampled_from(ROLES)))),
            fault_domain=draw(st.sampled_from("abc")),
            closed=draw(st.booleans()) and draw(st.booleans()),
        )
        for name in names
    ]


@st.composite
def demands(draw):
    some_servers = st.frozensets(st.sampled_from(SERVERS), max_size=3)
    return [
        Demand(
            key=f"{46000 + number}-apps",
            memory=draw(st.integers(0, 25)),
            disk=draw(st.integers(0, 25)),
            role=draw(st.sampled_from(ROLES)),
            only=draw(some_servers) if draw(st.booleans()) else frozenset(),
            avoid=draw(some_servers) if draw(st.booleans()) else frozenset(),
        )
        for number in range(draw(st.integers(0, 15)))
    ]


LOCKS = st.dictionaries(
    st.integers(46000, 46030).map(lambda code: f"{code}-apps"),
    st.sampled_from([*SERVERS, "gone"]),
    max_size=12,
)


def loads(asked: list[Demand], placement: Placement) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for demand in asked:
        if (server := placement.where.get(demand.key)) is not None:
            memory, disk = found[server]
            found[server] = memory + demand.memory, disk + demand.disk
    return found


@given(demands(), bins(), LOCKS, st.randoms(use_true_random=False))
def test_order_of_the_input_never_matters(asked, boxes, lock, shuffler: random.Random):
    before = place(asked, boxes, lock)
    entries = list(lock.items())
    for mixed in (asked, boxes, entries):
        shuffler.shuffle(mixed)
    after = place(asked, boxes, dict(entries))
    assert after == before
    assert list(after.where) == sorted(after.where)


@given(demands(), bins(), LOCKS)
def test_everybody_is_placed_or_refused_once(asked, boxes, lock):
    placement = place(asked, boxes, lock)
    keys = [*placement.where, *(entry.key for entry in placement.unplaced)]
    assert sorted(keys) == sorted(demand.key for demand in asked)


@given(demands(), bins(), LOCKS)
def test_who_is_locked_stays(asked, boxes, lock):
    placement = place(asked, boxes, lock)
    names = {box.server for box in boxes}
    gone = {entry.key for entry in placement.unplaced if entry.reason is Reason.SERVER_GONE}
    for demand in asked:
        home = lock.get(demand.key)
        assert (demand.key in gone) == (home is not None and home not in names)
        if home in names:
            assert placement.where[demand.key] == home


@given(demands(), bins(), LOCKS)
def test_newcomers_fit_where_they_may_go(asked, boxes, lock):
    placement = place(asked, boxes, lock)
    by_name = {box.server: box for box in boxes}
    total = loads(asked, placement)
    for demand in asked:
        if demand.key in lock or demand.key not in placement.where:
            continue
        box = by_name[placement.where[demand.key]]
        memory, disk = total[box.server]
        assert not box.closed
        assert demand.role in box.roles
        assert not demand.only or box.server in demand.only
        assert box.server not in demand.avoid
        assert memory <= box.memory
        assert disk <= box.disk


@given(demands(), bins(), LOCKS)
def test_reports_are_exact(asked, boxes, lock):
    placement = place(asked, boxes, lock)
    total = loads(asked, placement)
    too_full = {
        box.server for box in boxes if total[box.server][0] > box.memory or total[box.server][1] > box.disk
    }
    assert {entry.server for entry in placement.overfull} == too_full
    by_name = {box.server: box for box in boxes}
    misplaced = {
        demand.key
        for demand in asked
        if (box := by_name.get(placement.where.get(demand.key, ""))) is not None
        and (
            demand.role not in box.roles
            or box.server in demand.avoid
            or (demand.only and box.server not in demand.only)
        )
    }
    assert {entry.key for entry in placement.misplaced} == misplaced


@given(demands(), bins(), LOCKS)
def test_nobody_is_refused_who_would_fit(asked, boxes, lock):
    placement = place(asked, boxes, lock)
    total = loads(asked, placement)
    waiting = {entry.key: entry.reason for entry in placement.unplaced}
    for demand in asked:
        if waiting.get(demand.key, Reason.SERVER_GONE) is Reason.SERVER_GONE:
            continue
        right = [
            box
            for box in boxes
            if demand.role in box.roles
            and box.server not in demand.avoid
            and (not demand.only or box.server in demand.only)
        ]
        for box in right:
            memory, disk = total[box.server]
            full = memory + demand.memory > box.memory or disk + demand.disk > box.disk
            assert box.closed or full
        big = all(box.closed or demand.memory > box.memory or demand.disk > box.disk for box in right)
        closed = all(box.closed for box in right)
        expected = (
            {Reason.NO_ROLE, Reason.NOT_ALLOWED}
            if not right
            else {Reason.CLOSED}
            if closed
            else {Reason.TOO_BIG}
            if big
            else {Reason.NO_ROOM}
        )
        assert waiting[demand.key] in expected


@given(demands(), bins(), LOCKS, st.data())
def test_a_rerun_and_growth_move_nobody(asked, boxes, lock, data):
    first = place(asked, boxes, lock)
    written = lock | dict(first.where)
    assert place(asked, boxes, written) == first
    if not first.where:
        return
    growing = data.draw(st.sampled_from(sorted(first.where)))
    more = data.draw(st.integers(1, 60))
    grown = [replace(d, memory=d.memory + more) if d.key == growing else d for d in asked]
    after = place(grown, boxes, written)
    assert {key: after.where[key] for key in first.where} == first.where


@given(demands(), bins(), LOCKS, st.integers(0, 25), st.integers(0, 25))
def test_a_newcomer_moves_nobody(asked, boxes, lock, memory, disk):
    first = place(asked, boxes, lock)
    arrival = Demand("99999-apps", memory, disk, "apps")
    after = place([*asked, arrival], boxes, lock | dict(first.where))
    assert {key: after.where[key] for key in first.where} == first.where


def farm(count: int, memory: int = 100, disk: int = 100, domains: int = 3) -> list[Bin]:
    return [
        Bin(f"srv{n:03}", memory, disk, frozenset({"apps"}), f"room{n * domains // count}")
        for n in range(count)
    ]


def crowd(sizes: list[tuple[int, int]]) -> list[Demand]:
    return [Demand(f"{n:05}-apps", memory, disk, "apps") for n, (memory, disk) in enumerate(sizes)]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 8), st.integers(2, 3), st.randoms(use_true_random=False))
def test_planted_perfect_packings(servers, parts, rng: random.Random):
    sizes = []
    for _ in range(servers):
        cuts = [sorted(rng.sample(range(1, 10_000), parts - 1)) for _ in range(2)]
        memory, disk = ([b - a for a, b in zip([0, *cut], [*cut, 10_000], strict=True)] for cut in cuts)
        sizes += list(zip(memory, disk, strict=True))
    placement = place(crowd(sizes), farm(2 * servers, 10_000, 10_000), {})
    assert not placement.unplaced
    assert servers <= len(set(placement.where.values())) <= servers + 1


def test_complementary_sizes_meet():
    sizes = [(90, 10)] * 12 + [(10, 90)] * 12
    placement = place(crowd(sizes), farm(24), {})
    assert len(set(placement.where.values())) == 12


def test_servers_in_use_alternate_over_fault_domains():
    placement = place(crowd([(60, 60)] * 6), farm(12), {})
    rooms = {box.server: box.fault_domain for box in farm(12)}
    assert Counter(rooms[server] for server in placement.where.values()) == {
        "room0": 2,
        "room1": 2,
        "room2": 2,
    }


def test_opening_looks_at_what_the_locked_use():
    lock = {"00000-apps": "srv000", "00001-apps": "srv004"}
    placement = place(crowd([(60, 60)] * 3), farm(12), lock)
    rooms = {box.server: box.fault_domain for box in farm(12)}
    assert rooms[placement.where["00002-apps"]] == "room2"


def test_unequal_servers_change_place_to_spread():
    small = [
        Bin("small-b", 50, 50, frozenset({"apps"}), "b"),
        Bin("small-c", 40, 40, frozenset({"apps"}), "b"),
    ]
    large = [
        Bin("large-1", 100, 100, frozenset({"apps"}), "a"),
        Bin("large-2", 90, 90, frozenset({"apps"}), "a"),
    ]
    placement = place(crowd([(80, 80), (30, 30)]), [*small, *large], {})
    assert placement.where == {"00000-apps": "large-1", "00001-apps": "small-b"}


def test_a_server_in_use_is_filled_before_another_opens():
    lock = {"00000-apps": "srv005"}
    placement = place(crowd([(10, 10)] * 5), farm(12), lock)
    assert set(placement.where.values()) == {"srv005"}


def test_growth_past_the_server_is_reported_and_moves_nobody():
    lock = {"00000-apps": "srv000", "00001-apps": "srv000"}
    placement = place(crowd([(90, 10), (20, 10), (5, 5)]), farm(2), lock)
    assert placement.where == lock | {"00002-apps": "srv001"}
    assert placement.overfull == (Overfull("srv000", 110, 20, 100, 100),)


def test_constraint_that_no_longer_holds_is_reported():
    demand = Demand("46005-apps", 1, 1, "apps", avoid=frozenset({"srv000"}))
    placement = place([demand], farm(2), {"46005-apps": "srv000"})
    assert placement.where == {"46005-apps": "srv000"}
    assert placement.misplaced == (Misplaced("46005-apps", "srv000", Reason.NOT_ALLOWED),)


@pytest.mark.parametrize(
    ("demand", "reason"),
    [
        (Demand("1", 1, 1, "identity"), Reason.NO_ROLE),
        (Demand("1", 1, 1, "apps", only=frozenset({"elsewhere"})), Reason.NOT_ALLOWED),
        (Demand("1", 1, 1, "apps", avoid=frozenset({"srv000", "srv001"})), Reason.CLOSED),
        (Demand("1", 101, 1, "apps"), Reason.TOO_BIG),
        (Demand("1", 1, 95, "apps"), Reason.NO_ROOM),
    ],
)
def test_reasons(demand, reason):
    boxes = [*farm(2), Bin("srv002", 500, 500, frozenset({"apps"}), "x", closed=True)]
    lock = {"2": "srv000", "3": "srv001"}
    others = [Demand("2", 10, 10, "apps"), Demand("3", 10, 10, "apps")]
    assert place([demand, *others], boxes, lock).unplaced == (Unplaced("1", reason),)


def test_twins_are_refused():
    with pytest.raises(ValueError, match="twice: 00000"):
        place(crowd([(1, 1)]) * 2, farm(2), {})
    with pytest.raises(ValueError, match="twice: srv000"):
        place([], farm(2) * 2, {})
