"""Local improvement: dissolve a room and fit its items into the others, pushing smaller ones out."""

from __future__ import annotations

from provisioner.planning.packing.problem import Load, Outcome, Problem

CANDIDATES = 3
"""Rooms that are tried for dissolving, emptiest first."""


def improve(problem: Problem, outcome: Outcome, effort: int) -> Outcome:
    """Place what is left over, then dissolve opened rooms, until neither helps or ``effort`` is spent."""
    while problem.effort < effort and outcome.cost(problem) > problem.bound:
        better = _step(problem, outcome, effort)
        if better is None:
            break
        outcome = better
    return outcome


def _step(problem: Problem, outcome: Outcome, effort: int) -> Outcome | None:
    if any(outcome.left):
        mending = Mending(problem, outcome, None)
        mending.run(effort)
        after = Outcome(mending.loads, mending.left())
        return after if after.cost(problem) < outcome.cost(problem) else None
    opened = [n for n, load in enumerate(outcome.loads) if load and not problem.rooms[n].used]
    opened.sort(key=lambda n: (sum(c * _size(problem, i) for i, c in outcome.loads[n].items()), -n))
    for number in opened[:CANDIDATES]:
        mending = Mending(problem, outcome, number)
        mending.run(effort)
        if not mending.pool:
            return Outcome(mending.loads, mending.left())
    return None


def _size(problem: Problem, index: int) -> int:
    return problem.memory[index] + problem.disk[index]


class Mending:
    """One attempt; the pool of homeless items only ever gets smaller, so it ends."""

    def __init__(self, problem: Problem, outcome: Outcome, dissolved: int | None) -> None:
        self.problem = problem
        self.loads: list[Load] = [dict(load) for load in outcome.loads]
        self.pool = [index for index, count in enumerate(outcome.left) for _ in range(count)]
        self.open = [
            n for n, load in enumerate(self.loads) if n != dissolved and (load or problem.rooms[n].used)
        ]
        if dissolved is None:
            self.open = list(range(len(self.loads)))
        else:
            for index, count in self.loads[dissolved].items():
                self.pool += [index] * count
            self.loads[dissolved] = {}
        self.space = [self._space(n) for n in range(len(self.loads))]

    def _space(self, number: int) -> tuple[int, int]:
        room, kinds = self.problem.rooms[number], self.problem.kinds
        load = self.loads[number].items()
        memory = room.memory - sum(kinds[i].memory * count for i, count in load)
        return memory, room.disk - sum(kinds[i].disk * count for i, count in load)

    def left(self) -> list[int]:
        """How many of each kind are in the pool."""
        left = [0] * len(self.problem.kinds)
        for index in self.pool:
            left[index] += 1
        return left

    def run(self, effort: int) -> None:
        """Put homeless items, largest first, where they fit or in the place of a smaller one."""
        stuck: list[int] = []
        while self.pool and self.problem.effort < effort:
            self.pool.sort(key=lambda i: (_size(self.problem, i), i))
            index = self.pool.pop()
            number, out = self._home(index)
            if number < 0:
                stuck.append(index)
                continue
            self._move(number, index, 1)
            if out >= 0:
                self._move(number, out, -1)
                self.pool.append(out)
                self.pool += stuck
                stuck = []
        self.pool += stuck

    def _home(self, index: int) -> tuple[int, int]:
        """The room for an item (-1: none) and which smaller item must leave it (-1: none)."""
        problem, kind = self.problem, self.problem.kinds[index]
        mine = _size(problem, index)
        best = (mine, -1, -1)
        for number in self.open:
            if number not in kind.rooms:
                continue
            memory, disk = self.space[number]
            problem.effort += 1 + len(self.loads[number])
            if kind.memory <= memory and kind.disk <= disk:
                return number, -1
            for other in self.loads[number]:
                there = problem.kinds[other]
                if kind.memory > memory + there.memory or kind.disk > disk + there.disk:
                    continue
                if (size := _size(problem, other)) < best[0]:
                    best = (size, number, other)
        return best[1], best[2]

    def _move(self, number: int, index: int, count: int) -> None:
        load, kind = self.loads[number], self.problem.kinds[index]
        load[index] = load.get(index, 0) + count
        if not load[index]:
            del load[index]
        memory, disk = self.space[number]
        self.space[number] = memory - count * kind.memory, disk - count * kind.disk
