"""Ranges are found as a plain search would find them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.audit.registries.ranges import Entry, Hit, Ranges, pack

TOP = (1 << 32) - 1


def slow(entries: list[Entry], address: int) -> Hit | None:
    """The narrowest by looking at all; of two equal ones, the later."""
    held = [entry for entry in entries if entry[0] <= address <= entry[1]]
    best = min(reversed(held), key=lambda entry: entry[1] - entry[0], default=None)
    return Hit(*best) if best else None


@st.composite
def prefixes(draw: st.DrawFn) -> Entry:
    length = draw(st.integers(0, 32))
    size = 1 << (32 - length)
    first = draw(st.integers(0, TOP)) & ~(size - 1)
    return first, first + size - 1, draw(st.integers(0, 99))


@given(st.lists(prefixes(), max_size=40), st.lists(st.integers(0, TOP), max_size=20))
@settings(max_examples=300, deadline=None)
def test_as_a_plain_search(entries, addresses):
    data, cuts = pack(kept := list(entries), 4)
    ranges = Ranges(data, 4, len(kept), cuts)
    edges = [
        edge for first, last, _ in entries for edge in (first, last, max(0, first - 1), min(TOP, last + 1))
    ]
    for address in [*addresses, *edges, 0, TOP]:
        assert ranges.find(address) == slow(entries, address)


def test_ranges_that_overlap_never_lose_an_address():
    data, cuts = pack(kept := [(1, 10, 7), (5, 15, 8)], 4)
    ranges = Ranges(data, 4, len(kept), cuts)
    assert [ranges.find(n) and ranges.find(n).value for n in (0, 1, 4, 5, 15, 16)] == [None, 7, 7, 8, 8, None]


def test_a_file_of_another_size_is_refused():
    data, cuts = pack([(1, 10, 7)], 4)
    with pytest.raises(ValueError, match="size"):
        Ranges(data[:-1], 4, 1, cuts)
