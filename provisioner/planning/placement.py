"""Which server holds whom: sticky, deterministic, and on as few servers as possible.

Deliberately unsupported: moving anybody. Who is in the lock stays where it is, whatever became of its
demand or of its server; a caller that wants a move takes the key out of the lock. Newcomers are packed into
what is left (see ``packing``). Nothing here reads a file, a clock or a random number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from provisioner.planning.eligibility import Choices
from provisioner.planning.packing import Kind, Room, pack
from provisioner.planning.spreading import even_out, opening_order
from provisioner.planning.terms import Bin, Demand, Reason, mismatch

__all__ = ["Bin", "Demand", "Misplaced", "Overfull", "Placement", "Reason", "Unplaced", "place"]


@dataclass(frozen=True)
class Unplaced:
    """A demand that no server holds."""

    key: str
    reason: Reason


@dataclass(frozen=True)
class Misplaced:
    """A locked demand that stays on a server which its role or constraints no longer allow."""

    key: str
    server: str
    reason: Reason


@dataclass(frozen=True)
class Overfull:
    """A server whose locked demands exceed its capacity; all figures in MiB."""

    server: str
    memory: int
    disk: int
    memory_capacity: int
    disk_capacity: int


@dataclass(frozen=True)
class Placement:
    """The outcome, every part sorted by key or server name."""

    where: Mapping[str, str]
    unplaced: tuple[Unplaced, ...] = ()
    overfull: tuple[Overfull, ...] = ()
    misplaced: tuple[Misplaced, ...] = ()


def place(demands: Iterable[Demand], bins: Iterable[Bin], lock: Mapping[str, str]) -> Placement:
    """Keep the locked demands where they are and find servers for the others.

    Entries of ``lock`` that no demand asks for are ignored. The order of the arguments never matters.

    Raises:
        ValueError: a key or a server name occurs twice (the specs forbid both).
    """
    wanted = sorted(demands, key=lambda demand: demand.key)
    boxes = sorted(bins, key=lambda box: box.server)
    _refuse_twins([demand.key for demand in wanted])
    _refuse_twins([box.server for box in boxes])
    servers = {box.server: box for box in boxes}
    stayers = [(d, servers[lock[d.key]]) for d in wanted if lock.get(d.key) in servers]
    lost = [d for d in wanted if d.key in lock and lock[d.key] not in servers]
    loads = _loads(stayers)
    where = {demand.key: box.server for demand, box in stayers}
    found, refused = _settle([d for d in wanted if d.key not in lock], boxes, loads)
    refused += [Unplaced(demand.key, Reason.SERVER_GONE) for demand in lost]
    return Placement(
        where=MappingProxyType(dict(sorted((where | found).items()))),
        unplaced=tuple(sorted(refused, key=lambda entry: entry.key)),
        overfull=tuple(
            Overfull(name, memory, disk, servers[name].memory, servers[name].disk)
            for name, (memory, disk) in sorted(loads.items())
            if memory > servers[name].memory or disk > servers[name].disk
        ),
        misplaced=tuple(
            Misplaced(demand.key, box.server, reason)
            for demand, box in stayers
            if (reason := mismatch(demand, box)) is not None
        ),
    )


def _refuse_twins(names: list[str]) -> None:
    """Names are sorted, so that twins are neighbours."""
    for one, next_one in pairwise(names):
        if one == next_one:
            raise ValueError(f"occurs twice: {one}")


def _loads(stayers: list[tuple[Demand, Bin]]) -> dict[str, tuple[int, int]]:
    """What the locked demands take of each server: memory and disk."""
    loads: dict[str, tuple[int, int]] = {}
    for demand, box in stayers:
        memory, disk = loads.get(box.server, (0, 0))
        loads[box.server] = memory + demand.memory, disk + demand.disk
    return loads


def _settle(
    newcomers: list[Demand], boxes: list[Bin], loads: dict[str, tuple[int, int]]
) -> tuple[dict[str, str], list[Unplaced]]:
    """Pack the newcomers into what the locked demands leave."""
    order = opening_order(boxes, loads, newcomers)
    rooms = [_room(box, loads) for box in order]
    groups: dict[tuple[int, int, frozenset[int]], list[str]] = defaultdict(list)
    refused: list[Unplaced] = []
    choices = Choices(boxes, order, rooms)
    for demand in newcomers:
        allowed = choices.of(demand)
        if isinstance(allowed, Reason):
            refused.append(Unplaced(demand.key, allowed))
        else:
            groups[demand.memory, demand.disk, allowed].append(demand.key)
    members = sorted(groups.items(), key=lambda group: (-group[0][0], -group[0][1], group[1][0]))
    kinds = [Kind(memory, disk, len(keys), allowed) for (memory, disk, allowed), keys in members]
    outcome = pack(kinds, rooms)
    packed = even_out(order, rooms, kinds, outcome.loads, [box for box in boxes if box.server in loads])
    waiting = [iter(keys) for _, keys in members]
    where = {
        next(waiting[index]): box.server
        for box, load in zip(order, packed, strict=True)
        for index, count in sorted(load.items())
        for _ in range(count)
    }
    refused += [Unplaced(key, Reason.NO_ROOM) for keys in waiting for key in keys]
    return where, refused


def _room(box: Bin, loads: dict[str, tuple[int, int]]) -> Room:
    memory, disk = loads.get(box.server, (0, 0))
    return Room(box.memory - memory, box.disk - disk, used=box.server in loads)
