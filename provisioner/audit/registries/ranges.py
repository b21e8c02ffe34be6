"""Ranges of addresses and a value for each, made to be searched: the narrowest range that holds an address wins.

Nested ranges are cut into disjoint ones once, when a file is imported; a look-up is then one bisection in a file
that is mapped into memory, whatever its size (a full table has a million prefixes).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Entry = tuple[int, int, int]
"""First and last address, and the number of a value."""
NOTHING = -1
"""The value of addresses that no range holds."""


@dataclass(frozen=True)
class Hit:
    """The range that an address was found in, and its value."""

    first: int
    last: int
    value: int


def cut(entries: Iterable[Entry]) -> Iterator[tuple[int, int]]:
    """Where each disjoint range begins, and the position of its entry in the sorted list (`NOTHING` for none).

    ``entries`` are sorted by first address, wider ones first. Of two that overlap, the one that begins later wins.
    """
    open_: list[tuple[int, int]] = []
    begun: tuple[int, int] | None = None

    def begin(first: int, position: int) -> Iterator[tuple[int, int]]:
        nonlocal begun
        if begun is not None and begun[0] != first:
            yield begun
        begun = (first, position)

    def end() -> Iterator[tuple[int, int]]:
        ended, _ = open_.pop()
        while open_ and open_[-1][0] <= ended:
            open_.pop()
        yield from begin(ended + 1, open_[-1][1] if open_ else NOTHING)

    for position, (first, last, _) in enumerate(entries):
        while open_ and open_[-1][0] < first:
            yield from end()
        yield from begin(first, position)
        open_.append((last, position))
    while open_:
        yield from end()
    if begun is not None:
        yield begun


class Ranges:
    """What was imported, as the bytes of one file. ``width``: bytes of an address, 4 or 16."""

    def __init__(self, data: bytes | memoryview, width: int, entries: int, cuts: int) -> None:
        self._width = width
        view = memoryview(data)
        sizes = (entries * width, entries * width, entries * 4, cuts * width, cuts * 4)
        places = [sum(sizes[:number]) for number in range(len(sizes) + 1)]
        if len(view) != places[-1]:
            raise ValueError("the file is not of its size")
        parts = [view[places[number] : places[number + 1]] for number in range(len(sizes))]
        self._firsts, self._lasts = (_Addresses(part, width) for part in parts[:2])
        self._values = parts[2].cast("i")
        self._starts = _Addresses(parts[3], width)
        self._positions = parts[4].cast("i")

    def find(self, address: int) -> Hit | None:
        """The narrowest range that holds ``address``."""
        place = bisect_right(self._starts, address) - 1
        if place < 0 or self._positions[place] == NOTHING:
            return None
        position = self._positions[place]
        return Hit(self._firsts[position], self._lasts[position], self._values[position])


class _Addresses(Sequence[int]):
    def __init__(self, data: memoryview, width: int) -> None:
        self._data, self._width = data, width

    def __len__(self) -> int:
        return len(self._data) // self._width

    def __getitem__(self, place: int) -> int:  # type: ignore[override]  # slices aren't asked for
        return int.from_bytes(self._data[place * self._width : (place + 1) * self._width], "big")


def pack(entries: list[Entry], width: int) -> tuple[bytes, int]:
    """The bytes that `Ranges` reads, and how many cuts there are. ``entries`` in any order; sorted in place.

    Numbers are in this machine's byte order: the file stays on it.
    """
    entries.sort(key=lambda entry: (entry[0], -entry[1]))
    entries[:] = _differing(entries)
    firsts, lasts, starts = bytearray(), bytearray(), bytearray()
    values, positions = array("i"), array("i")
    # Nothing is kept twice: a full table has a million of them.
    for first, last, value in entries:
        firsts += first.to_bytes(width, "big")
        lasts += last.to_bytes(width, "big")
        values.append(value)
    for start, position in cut(entries):
        if start < 1 << 8 * width:
            starts += start.to_bytes(width, "big")
            positions.append(position)
    return b"".join((firsts, lasts, values, starts, positions)), len(positions)


def _differing(entries: list[Entry]) -> Iterator[Entry]:
    """One entry a range: of two with the same ends, the later one."""
    for number, entry in enumerate(entries):
        if number + 1 == len(entries) or entries[number + 1][:2] != entry[:2]:
            yield entry
