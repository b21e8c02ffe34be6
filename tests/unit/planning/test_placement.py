"""Placement: the rules that hold whatever is asked."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from provisioner.planning.placement import (
    Bin,
    Demand,
    Placement,
    Reason,
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
