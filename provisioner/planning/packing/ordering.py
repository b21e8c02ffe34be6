"""In which order unequal rooms are opened, so that few of them cover both dimensions."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from fractions import Fraction

from provisioner.planning.packing.problem import Kind, Room


def opening_orders(kinds: Sequence[Kind], rooms: Sequence[Room]) -> list[list[int]]:
    """Orders worth trying: covering; the same with lopsided rooms ahead; and as given. Equal ones once."""
    covering, needed = covering_order(kinds, rooms)
    memory = sum(kind.memory * kind.count for kind in kinds)
    disk = sum(kind.disk * kind.count for kind in kinds)

    def lopsided(number: int) -> tuple[bool, Fraction]:
        room = rooms[number]
        sides = sorted((1 + max(0, room.memory) * disk, 1 + max(0, room.disk) * memory))
        return not room.used, Fraction(sides[0], sides[1])

    orders = [covering, sorted(covering[:needed], key=lopsided) + covering[needed:], list(range(len(rooms)))]
    return [order for number, order in enumerate(orders) if order not in orders[:number]]


def covering_order(kinds: Sequence[Kind], rooms: Sequence[Room]) -> tuple[list[int], int]:
    """Rooms in use first, then always the room that takes most of what is still uncovered.

    Equal rooms keep their order, and so do those that come after everything is covered. The second result
    is the number of rooms that cover everything.
    """
    memory = sum(kind.memory * kind.count for kind in kinds)
    disk = sum(kind.disk * kind.count for kind in kinds)
    whole_memory, whole_disk = max(1, memory), max(1, disk)
    order = [number for number, room in enumerate(rooms) if room.used]
    for number in order:
        memory -= max(0, rooms[number].memory)
        disk -= max(0, rooms[number].disk)
    shapes: dict[tuple[int, int], deque[int]] = {}
    for number, room in enumerate(rooms):
        if not room.used:
            shapes.setdefault((room.memory, room.disk), deque()).append(number)
    while shapes and (memory > 0 or disk > 0):
        lacking = max(0, memory), max(0, disk)

        def gain(shape: tuple[int, int], lacking: tuple[int, int] = lacking) -> int:
            of_memory = lacking[0] * min(shape[0], lacking[0]) * whole_disk * whole_disk
            return of_memory + lacking[1] * min(shape[1], lacking[1]) * whole_memory * whole_memory

        best = max(shapes, key=lambda shape: (gain(shape), -shapes[shape][0]))
        order.append(shapes[best].popleft())
        memory, disk = memory - best[0], disk - best[1]
        if not shapes[best]:
            del shapes[best]
    rest = sorted(number for queue in shapes.values() for number in queue)
    return order + rest, len(order)
