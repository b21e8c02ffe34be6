"""Lower bounds never exceed what can be done, and are tight where that is known."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.planning.packing.bounds import fewest_bins, fewest_of

SIZES = st.tuples(st.integers(0, 12), st.integers(0, 12))


def fits(items, rooms) -> bool:
    """Whether some assignment exists, by trying all of them."""
    if not items:
        return True
    (memory, disk), rest = items[0], items[1:]
    for index, (free_memory, free_disk) in enumerate(rooms):
        if memory <= free_memory and disk <= free_disk:
            others = [*rooms[:index], *rooms[index + 1 :]]
            if fits(rest, [*others, (free_memory - memory, free_disk - disk)]):
                return True
    return False


@settings(deadline=None)
@given(st.lists(SIZES, max_size=6))
def test_never_above_the_optimum_on_equal_servers(items):
    bound = fewest_bins(items, (12, 12))
    optimum = next(count for count in range(len(items) + 1) if fits(items, [(12, 12)] * count))
    assert bound <= optimum


@settings(deadline=None)
@given(st.lists(SIZES, min_size=1, max_size=5), st.lists(SIZES, max_size=4), st.lists(SIZES, max_size=2))
def test_never_above_the_optimum_on_unequal_servers(items, capacities, used):
    free = (sum(size[0] for size in used), sum(size[1] for size in used))
    bound = fewest_of(items, capacities, free)
    feasible = [
        count
        for count in range(len(capacities) + 1)
        if any(fits(items, [*used, *chosen]) for chosen in combinations(capacities, count))
    ]
    if feasible:
        assert bound <= feasible[0]


def test_items_over_half_never_meet():
    assert fewest_bins([(51, 1)] * 7, (100, 100)) == 7


def test_items_over_a_third_meet_in_pairs():
    assert fewest_bins([(34, 1)] * 8, (100, 100)) == 4


def test_mixing_sees_what_neither_dimension_sees():
    anti = [(60, 10), (10, 60)] * 6
    assert fewest_bins(anti, (100, 100)) > -(-sum(memory for memory, _ in anti) // 100)


def test_too_small_altogether_asks_for_more_than_there_are():
    assert fewest_of([(10, 10)] * 3, [(9, 9)] * 2) > 2
