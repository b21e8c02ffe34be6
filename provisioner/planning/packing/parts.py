"""Splitting a packing into parts that share no room (servers of different roles, say)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from provisioner.planning.packing.problem import Kind, Room


@dataclass(frozen=True)
class Part:
    """A packing of its own, and what its kinds and rooms are called in the whole."""

    kind_numbers: list[int]
    room_numbers: list[int]
    kinds: list[Kind]
    rooms: list[Room]

    def reordered(self, order: Sequence[int]) -> Part:
        """The same part with its rooms in another order."""
        room_numbers = [self.room_numbers[position] for position in order]
        position = {old: new for new, old in enumerate(order)}
        reaches = {kind.rooms: frozenset(position[room] for room in kind.rooms) for kind in self.kinds}
        kinds = [replace(kind, rooms=reaches[kind.rooms]) for kind in self.kinds]
        return Part(self.kind_numbers, room_numbers, kinds, [self.rooms[room] for room in order])


def split(kinds: Sequence[Kind], rooms: Sequence[Room]) -> list[Part]:
    """The parts, by their first kind; rooms that no kind may use are in none."""
    groups: list[tuple[set[int], list[int]]] = []
    for number, kind in enumerate(kinds):
        reach, members, apart = set(kind.rooms), [number], []
        for group in groups:
            if reach.isdisjoint(group[0]):
                apart.append(group)
            else:
                reach |= group[0]
                members += group[1]
        groups = [*apart, (reach, members)]
    groups.sort(key=lambda group: min(group[1]))
    return [_part(sorted(members), sorted(reach), kinds, rooms) for reach, members in groups]


def _part(
    kind_numbers: list[int], room_numbers: list[int], kinds: Sequence[Kind], rooms: Sequence[Room]
) -> Part:
    position = {number: index for index, number in enumerate(room_numbers)}
    renamed = {
        reach: frozenset(position[room] for room in reach)
        for reach in {kinds[number].rooms for number in kind_numbers}
    }
    return Part(
        kind_numbers,
        room_numbers,
        [replace(kinds[number], rooms=renamed[kinds[number].rooms]) for number in kind_numbers],
        [rooms[number] for number in room_numbers],
    )
