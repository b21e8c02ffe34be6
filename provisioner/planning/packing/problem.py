"""What is to be packed, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provisioner.planning.packing import bounds

UNIT = 1 << 16
"""What the largest room holds, in the whole numbers that scores are computed with."""

Load = dict[int, int]
"""What a room takes: the index of a kind to how many of it."""


@dataclass(frozen=True)
class Kind:
    """Items that ask for the same, in MiB, and may go to the same rooms."""

    memory: int
    disk: int
    count: int
    rooms: frozenset[int]


@dataclass(frozen=True)
class Room:
    """What is left on a server, in MiB; negative when it is overfull already."""

    memory: int
    disk: int
    used: bool = False
    """In use already, so that putting more there opens no further server."""


class Problem:
    """Kinds and rooms (in opening order), with sizes scaled so that both dimensions compare."""

    def __init__(self, kinds: Sequence[Kind], rooms: Sequence[Room]) -> None:
        self.kinds = tuple(kinds)
        self.rooms = tuple(rooms)
        self.memory_unit = max([1, *(room.memory for room in rooms)])
        self.disk_unit = max([1, *(room.disk for room in rooms)])
        self.memory = [kind.memory * UNIT // self.memory_unit for kind in kinds]
        self.disk = [kind.disk * UNIT // self.disk_unit for kind in kinds]
        self.served: list[list[int]] = [[] for _ in rooms]
        for index, kind in enumerate(kinds):
            for number in kind.rooms:
                self.served[number].append(index)
        self.weights = self._weights()
        self.bound = (0, self._fewest_rooms())
        """Cost that no outcome goes below."""
        self.effort = 0
        """Candidates looked at so far."""

    def _weights(self) -> tuple[tuple[int, int], ...]:
        """Weights of the two dimensions worth trying: as they are asked for, and equal."""
        memory = sum(size * kind.count for size, kind in zip(self.memory, self.kinds, strict=True))
        disk = sum(size * kind.count for size, kind in zip(self.disk, self.kinds, strict=True))
        share = 100 * memory // max(1, memory + disk)
        share = min(95, max(5, share))
        return tuple(dict.fromkeys([(50, 50), (share, 100 - share)]))

    def _fewest_rooms(self) -> int:
        items = [(kind.memory, kind.disk) for kind in self.kinds for _ in range(kind.count)]
        unused = [(room.memory, room.disk) for room in self.rooms if not room.used]
        free = (
            sum(max(0, room.memory) for room in self.rooms if room.used),
            sum(max(0, room.disk) for room in self.rooms if room.used),
        )
        return bounds.fewest_of(items, unused, free)


@dataclass(frozen=True)
class Outcome:
    """What each room took, and how many of each kind found no room."""

    loads: list[Load]
    left: list[int]

    def cost(self, problem: Problem) -> tuple[int, int]:
        """Items left over, then rooms newly opened: smaller is better."""
        pairs = zip(problem.rooms, self.loads, strict=True)
        return sum(self.left), sum(1 for room, load in pairs if load and not room.used)
