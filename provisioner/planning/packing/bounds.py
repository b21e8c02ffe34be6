"""Numbers of servers that no placement can go below.

A bound relaxes two dimensions into one: whatever fits a server also fits when both sizes are mixed in a
fixed proportion. For each proportion the one-dimensional bounds apply: the area, Martello and Toth's L2 and
the rounding functions of Fekete and Schepers. Only whole numbers, so nothing is lost to rounding.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate

MIX = 8
"""Proportions tried: 0/MIX to MIX/MIX of memory, the rest disk."""

ROUNDINGS = range(2, 13)

Size = tuple[int, int]
"""Memory and disk."""


def fewest_bins(items: Sequence[Size], capacity: Size) -> int:
    """At least so many equal servers of ``capacity`` are needed to hold ``items``."""
    if not items:
        return 0
    return max(_one_dimension(*_mixed(items, capacity, share)) for share in range(MIX + 1))


def fewest_of(items: Sequence[Size], capacities: Sequence[Size], free: Size = (0, 0)) -> int:
    """At least so many of the unequal ``capacities`` are needed for what does not go into ``free`` space.

    More than there are when all together are too small.
    """
    shapes = set(items)
    usable = {size: _usable(size, shapes) for size in set(capacities)}
    capacities = [usable[size] for size in capacities]
    memory = max([1, *(size[0] for size in capacities)])
    disk = max([1, *(size[1] for size in capacities)])
    total = sum(item[0] for item in items), sum(item[1] for item in items)
    needed = 0
    for share in range(MIX + 1):

        def mix(size: Size, share: int = share) -> int:
            return share * size[0] * disk + (MIX - share) * size[1] * memory

        wanted = mix(total) - mix(free)
        if wanted <= 0:
            continue
        sums = list(accumulate(sorted((mix(size) for size in capacities), reverse=True)))
        needed = max(needed, bisect_left(sums, wanted) + 1)
    if free == (0, 0):
        needed = max(needed, fewest_bins(items, (memory, disk)))
    return needed


def _usable(capacity: Size, items: Collection[Size]) -> Size:
    """What items can use at most: full memory leaves disk idle when no item asks for that much disk."""
    memory, disk = capacity
    if all(a for a, _ in items):
        disk = min(disk, max((memory * b // a for a, b in items), default=0))
    if all(b for _, b in items):
        memory = min(memory, max((capacity[1] * a // b for a, b in items), default=0))
    return memory, disk


def _mixed(items: Sequence[Size], capacity: Size, share: int) -> tuple[list[int], int]:
    memory, disk = max(1, capacity[0]), max(1, capacity[1])
    sizes: list[int] = []
    for (a, b), count in Counter(items).items():
        sizes += [share * a * disk + (MIX - share) * b * memory] * count
    sizes.sort()
    return sizes, MIX * memory * disk


def _one_dimension(sizes: list[int], capacity: int) -> int:
    counts = Counter(sizes)
    rounded = max(_rounded(counts, capacity, k) for k in ROUNDINGS)
    return max(_ceil(sum(sizes), capacity), _halves(sizes, capacity), rounded)


def _halves(sizes: list[int], capacity: int) -> int:
    """Martello and Toth: items over half never meet; nearly full bins take no large item."""
    sums = [0, *accumulate(sizes)]
    half = bisect_right(sizes, capacity // 2)
    best = len(sizes) - half
    for threshold in set(sizes[:half]):
        low = bisect_left(sizes, threshold)
        full = bisect_right(sizes, capacity - threshold)
        space = (full - half) * capacity - (sums[full] - sums[half])
        over = sums[half] - sums[low] - space
        best = max(best, len(sizes) - half + max(0, _ceil(over, capacity)))
    return best


def _rounded(counts: Mapping[int, int], capacity: int, k: int) -> int:
    """Fekete and Schepers: a size just over ``1/(k+1)`` counts as ``1/k``, and so on for its multiples."""
    total = 0
    for size, count in counts.items():
        parts, rest = divmod((k + 1) * size, capacity)
        total += count * (parts * capacity if rest else k * size)
    return _ceil(total, k * capacity)


def _ceil(part: int, whole: int) -> int:
    return -(-part // whole)
