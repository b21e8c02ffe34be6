"""Packing by several ways, of which the best outcome wins.

All arithmetic is on whole numbers, and effort is counted in candidates looked at, never in seconds: the
same input gives the same output on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from provisioner.planning.packing.filling import Rule, fill, fill_exactly
from provisioner.planning.packing.ordering import opening_orders
from provisioner.planning.packing.parts import Part, split
from provisioner.planning.packing.problem import Kind, Load, Outcome, Problem, Room
from provisioner.planning.packing.repair import improve

EFFORT = 1_000_000
"""Candidates looked at before the best so far is taken; bench/placement.py prints what that costs."""

LEAST_EFFORT = 10_000
"""What the smallest of several independent parts may spend."""

RULES = ((0, 0), (50, 0), (50, 25), (100, 0), (100, 50))
"""Leans and penalties of the greedy rules, see ``Rule``."""

STEPS = (300, 3_000, 30_000)
"""Steps per room of the exact fillings."""


def pack(kinds: Sequence[Kind], rooms: Sequence[Room]) -> Outcome:
    """The best outcome found: fewest items left over, then fewest rooms newly opened.

    Kinds and rooms that have nothing to do with each other are packed apart.
    """
    loads: list[Load] = [{} for _ in rooms]
    left = [0] * len(kinds)
    total = sum(kind.count for kind in kinds)
    for part in split(kinds, rooms):
        share = EFFORT * sum(kind.count for kind in part.kinds) // max(1, total)
        ordered, outcome = _pack_orders(part, max(LEAST_EFFORT, share))
        for number, load in zip(ordered.room_numbers, outcome.loads, strict=True):
            loads[number] = {part.kind_numbers[index]: count for index, count in load.items()}
        for index, count in zip(part.kind_numbers, outcome.left, strict=True):
            left[index] = count
    return Outcome(loads, left)


def _pack_orders(part: Part, effort: int) -> tuple[Part, Outcome]:
    """The best of several opening orders, when rooms are unequal; the part is returned in that order."""
    orders = opening_orders(part.kinds, part.rooms)
    tried: list[tuple[tuple[int, int], Part, Outcome]] = []
    for order in orders:
        ordered = part.reordered(order)
        problem = Problem(ordered.kinds, ordered.rooms)
        outcome = pack_part(problem, effort // len(orders))
        tried.append((outcome.cost(problem), ordered, outcome))
        if tried[-1][0] <= problem.bound:
            break
    _, best, outcome = min(tried, key=lambda attempt: attempt[0])
    return best, outcome


def pack_part(problem: Problem, effort: int) -> Outcome:
    """The best outcome found for one problem within ``effort``."""
    best: Outcome | None = None
    for outcome in _outcomes(problem, effort):
        if best is None or outcome.cost(problem) < best.cost(problem):
            best = improve(problem, outcome, min(effort, problem.effort + effort // 4))
        if best.cost(problem) <= problem.bound or problem.effort > effort:
            return best
    return best if best is not None else Outcome([], [])


def _outcomes(problem: Problem, effort: int) -> Iterator[Outcome]:
    for lean, penalty in RULES[:2]:
        yield fill(problem, Rule(lean, penalty, *problem.weights[0]))
    for steps in STEPS[:2]:
        yield fill_exactly(problem, problem.weights[0], steps, effort)
    for lean, penalty in RULES[2:]:
        yield fill(problem, Rule(lean, penalty, *problem.weights[0]))
    for weights in problem.weights[1:]:
        for lean, penalty in RULES:
            yield fill(problem, Rule(lean, penalty, *weights))
    for weights in problem.weights:
        yield fill_exactly(problem, weights, STEPS[-1], effort)
