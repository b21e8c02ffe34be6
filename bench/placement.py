"""Servers used by the planner's placement against a lower bound and against plain first-fit-decreasing.

Run: python bench/placement.py [--data FOLDER]   (FOLDER holds MUN.csv; ../shared/data unless told)
Asserts nothing; times are of the processor, so that a busy machine matters less.
"above" marks a ratio over its target. Generated sets come from fixed seeds.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from provisioner.planning.packing.bounds import fewest_bins, fewest_of
from provisioner.planning.placement import Bin, Demand, place
from provisioner.spec.sizing import WORDPRESS, size_for

LOCAL = frozenset({"01", "02", "04", "05", "06", "07", "08", "09", "10", "40"})
"""Designations of local municipalities; the others are territories and reserves (1,123 of 1,281 rows)."""

GIB = 1024
TIB = 1024 * GIB
FULL = 1_000_000
"""Capacity of both dimensions in the generated sets."""

SIZES = (120, 360, 1080)

Size = tuple[int, int]


@dataclass(frozen=True)
class Case:
    name: str
    demands: Sequence[Demand]
    bins: Sequence[Bin]
    bound: int
    target: float


def municipalities(path: Path) -> list[Demand]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["mcodedesi"] in LOCAL]
    asked = [(row["mcode"], WORDPRESS[size_for(int(row["mpopul"] or 0))]) for row in rows]
    return [Demand(f"{code}-apps", size.memory_mib, size.disk_mib, "apps") for code, size in asked]


def servers(capacities: Sequence[Size]) -> list[Bin]:
    return [
        Bin(f"srv{n:04}", memory, disk, frozenset({"apps"}), f"room{n % 3}")
        for n, (memory, disk) in enumerate(capacities)
    ]


def uniform(rng: random.Random, count: int) -> list[Size]:
    return [(rng.randint(1, FULL), rng.randint(1, FULL)) for _ in range(count)]


def quarter(rng: random.Random, count: int) -> list[Size]:
    low, high = FULL // 10, 4 * FULL // 10
    return [(rng.randint(low, high), rng.randint(low, high)) for _ in range(count)]


def clustered(rng: random.Random, count: int) -> list[Size]:
    centres = [(rng.randint(5, 60), rng.randint(5, 60)) for _ in range(6)]
    chosen = [rng.choice(centres) for _ in range(count)]
    return [
        ((a * 100 + rng.randint(-300, 300)) * 100, (b * 100 + rng.randint(-300, 300)) * 100)
        for a, b in chosen
    ]


def opposed(rng: random.Random, count: int) -> list[Size]:
    sizes = [rng.randint(FULL // 10, 6 * FULL // 10) for _ in range(count)]
    return [(a, max(1, 7 * FULL // 10 - a + rng.randint(-FULL // 20, FULL // 20))) for a in sizes]


def just_over(rng: random.Random, count: int) -> list[Size]:
    def one() -> int:
        return FULL // rng.choice((2, 3, 4)) + rng.randint(1, FULL // 100)

    return [(one(), one()) for _ in range(count)]


def planted(parts: int) -> Callable[[random.Random, int], list[Size]]:
    """Servers cut into ``parts`` at random, so that count / parts servers are filled to the last unit."""

    def cut(rng: random.Random) -> list[int]:
        cuts = [0, *sorted(rng.sample(range(1, FULL), parts - 1)), FULL]
        return [high - low for low, high in pairwise(cuts)]

    def make(rng: random.Random, count: int) -> list[Size]:
        return [size for _ in range(count // parts) for size in zip(cut(rng), cut(rng), strict=True)]

    return make


def triplets(rng: random.Random, count: int) -> list[Size]:
    """Each server is three items between a quarter and a half, in both dimensions."""

    def three() -> list[int]:
        first = rng.randint(380, 490) * FULL // 1000
        second = rng.randint(FULL // 4, (FULL - first) // 2)
        found = [first, second, FULL - first - second]
        rng.shuffle(found)
        return found

    return [size for _ in range(count // 3) for size in zip(three(), three(), strict=True)]


SETS: Mapping[str, tuple[Callable[[random.Random, int], list[Size]], int]] = {
    "uniform": (uniform, 0),
    "a tenth to four tenths": (quarter, 0),
    "clustered": (clustered, 0),
    "opposed (anti-correlated)": (opposed, 0),
    "just over 1/2, 1/3, 1/4": (just_over, 0),
    "planted pairs": (planted(2), 2),
    "planted threes": (planted(3), 3),
    "planted fours": (planted(4), 4),
    "planted tens": (planted(10), 10),
    "planted twenties": (planted(20), 20),
    "triplets": (triplets, 3),
}
"""Generated sets, and how many items fill a server where the optimum is planted (0: optimum unknown)."""


def real_cases(path: Path) -> Iterator[Case]:
    demands = municipalities(path)
    items = [(demand.memory, demand.disk) for demand in demands]
    for memory, disk in ((64 * GIB, 4 * TIB), (16 * GIB, 1 * TIB), (8 * GIB, 512 * GIB), (4 * GIB, 1 * TIB)):
        name = f"{len(items)} municipalities, {memory // GIB} GiB/{disk / TIB:g} TiB"
        bins = servers([(memory, disk)] * 300)
        yield Case(name, demands, bins, fewest_bins(items, (memory, disk)), 1.05)
    for name, shapes in (
        ("large", ((64, 4), (128, 8), (32, 2), (96, 3), (48, 6))),
        ("small", ((8, 1), (16, 0.5), (4, 0.75), (12, 0.25), (6, 0.5))),
    ):
        capacities = [(memory * GIB, int(disk * TIB)) for memory, disk in shapes] * (
            2 if name == "large" else 40
        )
        bound = fewest_of(items, capacities)
        yield Case(f"{len(items)} municipalities, unequal {name}", demands, servers(capacities), bound, 1.05)


def generated_cases() -> Iterator[Case]:
    for name, (make, parts) in SETS.items():
        for count in SIZES:
            items = make(random.Random(f"{name} {count}"), count)
            bound = count // parts if parts else fewest_bins(items, (FULL, FULL))
            demands = [Demand(f"{n:05}-apps", a, b, "apps") for n, (a, b) in enumerate(items)]
            yield Case(f"{name}, {count}", demands, servers([(FULL, FULL)] * count), bound, 1.15)


def first_fit_decreasing(case: Case) -> int:
    """The baseline: largest sum of shares first, into the first server with room, in order of names."""
    memory = max(box.memory for box in case.bins)
    disk = max(box.disk for box in case.bins)
    free = [(box.memory, box.disk) for box in case.bins]
    used: set[int] = set()
    for demand in sorted(case.demands, key=lambda each: -(each.memory * disk + each.disk * memory)):
        number = next(n for n, (a, b) in enumerate(free) if demand.memory <= a and demand.disk <= b)
        free[number] = free[number][0] - demand.memory, free[number][1] - demand.disk
        used.add(number)
    return len(used)


def in_waves(demands: Sequence[Demand], bins: Sequence[Bin], waves: int) -> int:
    """Servers used when a ``waves``-th joins at a time and nobody ever moves."""
    mixed = list(demands)
    random.Random("waves").shuffle(mixed)
    lock: dict[str, str] = {}
    for wave in range(1, waves + 1):
        lock = dict(place(mixed[: len(mixed) * wave // waves], bins, lock).where)
    return len(set(lock.values()))


def report(case: Case) -> None:
    start = time.process_time()
    placement = place(case.demands, case.bins, {})
    spent = time.process_time() - start
    used = len(set(placement.where.values()))
    baseline = first_fit_decreasing(case)
    ratio = used / case.bound
    verdict = "" if ratio <= case.target else "above"
    if placement.unplaced:
        verdict = f"{len(placement.unplaced)} unplaced"
    print(
        f"{case.name:<42} {used:>7} {case.bound:>6} {ratio:>6.3f} {case.target:>6.2f} "
        f"{baseline:>5} {used / baseline:>6.3f} {spent * 1000:>7.0f}  {verdict}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure placement.")
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    path = parser.parse_args().data / "MUN.csv"
    print(f"{'set':<42} servers  bound  ratio target   FFD  /FFD  CPU ms")
    if path.exists():
        for case in real_cases(path):
            report(case)
    else:
        print(f"no {path.name}: the real municipalities are skipped", file=sys.stderr)
    for case in generated_cases():
        report(case)
    if path.exists():
        demands, bins = municipalities(path), servers([(16 * GIB, 1 * TIB)] * 300)
        bound = fewest_bins([(each.memory, each.disk) for each in demands], (16 * GIB, 1 * TIB))
        print(f"\njoining in waves, 16 GiB/1 TiB, nobody ever moves: servers (bound {bound})")
        for waves in (1, 12, 100):
            print(f"{waves:>4} waves {in_waves(demands, bins, waves):>7}")


if __name__ == "__main__":
    main()
