"""Filling rooms one after the other: by a greedy rule, or exactly within a bounded search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from provisioner.planning.packing.problem import UNIT, Load, Outcome, Problem

DEPTH = 6
"""Items of average size that an exact filling looks ahead."""

LEAST_STEPS = 50
"""Steps of a search when the effort is spent."""


@dataclass(frozen=True)
class Rule:
    """How a greedy filling scores a candidate.

    Per dimension: ``weight * (size * (lean * left + (100 - lean) * UNIT) - penalty * size²)``. ``lean`` 0 and
    ``penalty`` 0 take the largest first (first-fit decreasing); ``lean`` 100 follows what is left of the
    room (the dot product); with ``penalty`` 50 as well, it is the candidate after which the least is left, in
    the Euclidean sense.
    """

    lean: int
    penalty: int
    memory_weight: int
    disk_weight: int


def fill(problem: Problem, rule: Rule) -> Outcome:
    """Fill the rooms in turn with what the rule scores best."""
    return _in_turn(problem, lambda number, left: _fill_room(problem, number, left, rule))


def _in_turn(problem: Problem, fill_room: Callable[[int, list[int]], Load]) -> Outcome:
    """Fill rooms until nothing waits; ``fill_room`` takes what it packs out of the list it is given."""
    left = [kind.count for kind in problem.kinds]
    waiting = sum(left)
    loads: list[Load] = [{} for _ in problem.rooms]
    for number in range(len(loads)):
        if not waiting:
            break
        loads[number] = fill_room(number, left)
        waiting -= sum(loads[number].values())
    return Outcome(loads, left)


def _fill_room(problem: Problem, number: int, left: list[int], rule: Rule) -> Load:
    kinds, sizes, breadths = problem.kinds, problem.memory, problem.disk
    memory, disk = problem.rooms[number].memory, problem.rooms[number].disk
    fixed = (100 - rule.lean) * UNIT
    taken: Load = {}
    candidates = problem.served[number]
    while True:
        candidates = [
            i for i in candidates if left[i] and kinds[i].memory <= memory and kinds[i].disk <= disk
        ]
        if not candidates:
            return taken
        problem.effort += len(candidates) // 4 + 1
        p = rule.memory_weight * (rule.lean * (memory * UNIT // problem.memory_unit) + fixed)
        q = rule.disk_weight * (rule.lean * (disk * UNIT // problem.disk_unit) + fixed)
        r, s = rule.memory_weight * rule.penalty, rule.disk_weight * rule.penalty
        chosen, best = -1, 0
        for i in candidates:
            a, b = sizes[i], breadths[i]
            score = (p - r * a) * a + (q - s * b) * b
            if score > best or chosen < 0:
                chosen, best = i, score
        taken[chosen] = taken.get(chosen, 0) + 1
        left[chosen] -= 1
        memory -= kinds[chosen].memory
        disk -= kinds[chosen].disk


@dataclass(frozen=True)
class _Filling:
    """What all rooms of one exact filling share."""

    problem: Problem
    left: list[int]
    gains: list[int]
    """What an item of each kind fills, in both dimensions together."""
    weights: tuple[int, int]
    depth: int
    """Steps of one search."""

    def weigh(self, memory: int, disk: int) -> int:
        """What MiB of memory and disk together come to, in the measure of ``gains``."""
        scaled_memory = memory * UNIT // self.problem.memory_unit
        return self.weights[0] * scaled_memory + self.weights[1] * (disk * UNIT // self.problem.disk_unit)


class _Search:
    """A depth-first search for the choice that leaves the least of one room, within a number of steps."""

    def __init__(self, filling: _Filling, order: list[int]) -> None:
        self.kinds, self.left, self.gains = filling.problem.kinds, filling.left, filling.gains
        self.order, self.steps = order, filling.depth
        self.best: tuple[int, list[int]] = (-1, [])
        self.chosen: list[int] = []

    def run(self, start: int, memory: int, disk: int, filled: int, most: int) -> None:
        """Try every further item from ``start`` on; ``filled`` is the weight chosen so far."""
        if filled > self.best[0]:
            self.best = filled, list(self.chosen)
        for position in range(start, len(self.order)):
            if self.steps <= 0:
                return
            self.steps -= 1
            index = self.order[position]
            kind = self.kinds[index]
            if not self.left[index] or kind.memory > memory or kind.disk > disk:
                continue
            self.left[index] -= 1
            self.chosen.append(index)
            self.run(position, memory - kind.memory, disk - kind.disk, filled + self.gains[index], most)
            self.chosen.pop()
            self.left[index] += 1
            if self.best[0] >= most:
                return


def fill_exactly(problem: Problem, weights: tuple[int, int], steps: int, effort: int) -> Outcome:
    """Fill the rooms in turn, each as full as a search of ``steps`` steps can make it.

    Each room begins with the largest item that fits (those are the hardest to place later). Rooms that hold
    many items are first filled with the largest until about ``DEPTH`` more fit. Searches get short when
    ``effort`` is spent.
    """
    gains = [weights[0] * a + weights[1] * b for a, b in zip(problem.memory, problem.disk, strict=True)]
    ranking = sorted(range(len(gains)), key=lambda index: (-gains[index], index))

    def fill_room(number: int, left: list[int]) -> Load:
        ranking[:] = [index for index in ranking if left[index]]
        depth = min(steps, max(LEAST_STEPS, effort - problem.effort))
        order = [index for index in ranking if number in problem.kinds[index].rooms]
        return _fill_room_exactly(_Filling(problem, left, gains, weights, depth), number, order)

    return _in_turn(problem, fill_room)


def _fill_room_exactly(filling: _Filling, number: int, order: list[int]) -> Load:
    """``order`` are the kinds that may come here, largest first."""
    problem, left, gains = filling.problem, filling.left, filling.gains
    memory, disk = problem.rooms[number].memory, problem.rooms[number].disk
    taken: Load = {}
    while True:
        order = [
            i
            for i in order
            if left[i] and problem.kinds[i].memory <= memory and problem.kinds[i].disk <= disk
        ]
        if not order:
            return taken
        problem.effort += len(order) // 4 + 1
        most = filling.weigh(memory, disk)
        middle = gains[order[len(order) // 2]]
        if not taken or most > DEPTH * max(1, middle):
            chosen = [order[0]]
        else:
            search = _Search(filling, order)
            search.run(0, memory, disk, 0, most - 2 * max(filling.weights))
            problem.effort += filling.depth - search.steps
            chosen = search.best[1] or [order[0]]  # what is too small to count gains nothing
        for index in chosen:
            taken[index] = taken.get(index, 0) + 1
            left[index] -= 1
            memory -= problem.kinds[index].memory
            disk -= problem.kinds[index].disk
