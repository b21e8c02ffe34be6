"""Filling rooms one after the other: by a greedy rule, or exactly within a bounded search."""

from __future__ import annotations

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
    left = [kind.count for kind in problem.kinds]
    loads = [_fill_room(problem, number, left, rule) for number in range(len(problem.rooms))]
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
        problem.effort += len(candidates)
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


class _Search:
    """A depth-first search for the choice that leaves the least of one room, within a number of steps."""

    def __init__(self, problem: Problem, left: list[int], order: list[int], weights: tuple[int, int]) -> None:
        self.problem, self.left, self.order, self.weights = problem, left, order, weights
        self.steps = 0
        self.best: tuple[int, list[int]] = (-1, [])
        self.chosen: list[int] = []

    def run(self, start: int, memory: int, disk: int, filled: int, most: int) -> None:
        """Try every further item from ``start`` on; ``filled`` is the weight chosen so far."""
        if filled > self.best[0]:
            self.best = filled, list(self.chosen)
        problem, (memory_weight, disk_weight) = self.problem, self.weights
        for position in range(start, len(self.order)):
            if self.steps <= 0:
                return
            self.steps -= 1
            index = self.order[position]
            kind = problem.kinds[index]
            if not self.left[index] or kind.memory > memory or kind.disk > disk:
                continue
            self.left[index] -= 1
            self.chosen.append(index)
            gain = memory_weight * problem.memory[index] + disk_weight * problem.disk[index]
            self.run(position, memory - kind.memory, disk - kind.disk, filled + gain, most)
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
    left = [kind.count for kind in problem.kinds]
    numbers = range(len(problem.rooms))
    loads = [
        _fill_room_exactly(
            problem, number, left, weights, min(steps, max(LEAST_STEPS, effort - problem.effort))
        )
        for number in numbers
    ]
    return Outcome(loads, left)


def _fill_room_exactly(
    problem: Problem, number: int, left: list[int], weights: tuple[int, int], steps: int
) -> Load:
    memory, disk = problem.rooms[number].memory, problem.rooms[number].disk
    taken: Load = {}
    gains = [weights[0] * a + weights[1] * b for a, b in zip(problem.memory, problem.disk, strict=True)]
    first = True
    while True:
        order = [
            i
            for i in problem.served[number]
            if left[i] and problem.kinds[i].memory <= memory and problem.kinds[i].disk <= disk
        ]
        if not order:
            return taken
        order.sort(key=lambda i: -gains[i])
        waiting = sum(left[i] for i in order)
        average = sum(left[i] * gains[i] for i in order) // waiting
        most = weights[0] * (memory * UNIT // problem.memory_unit) + weights[1] * (
            disk * UNIT // problem.disk_unit
        )
        problem.effort += len(order)
        if first or most > DEPTH * max(1, average):
            chosen = [order[0]]
        else:
            search = _Search(problem, left, order, weights)
            search.steps = steps
            search.run(0, memory, disk, 0, most - 2 * max(weights))
            problem.effort += steps - search.steps
            chosen = search.best[1] or [order[0]]  # what is too small to count gains nothing
        first = False
        for index in chosen:
            taken[index] = taken.get(index, 0) + 1
            left[index] -= 1
            memory -= problem.kinds[index].memory
            disk -= problem.kinds[index].disk
