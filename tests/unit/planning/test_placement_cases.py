"""Placement: farms and crowds made on purpose, and what becomes of each."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.planning.placement import (
    Bin,
    Demand,
    Misplaced,
    Overfull,
    Reason,
    Unplaced,
    place,
)


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
