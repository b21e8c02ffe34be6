"""In which order servers are opened, and how those in use spread over fault domains.

Servers in use come first, the fullest ahead, so that large gaps stay for large newcomers. Of the others, the
roomiest comes next (in the proportion of memory to disk that the newcomers ask for); among equally roomy
ones, one from the domain where the fewest servers with the same roles are in use or come earlier. When the
packing is done, an opened server changes place with an unused one of the same roles that holds the same
load, where that makes the number of servers in use per domain more even.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from provisioner.planning.packing import Kind, Load, Room
from provisioner.planning.terms import Bin, Demand

Domain = tuple[frozenset[str], str]
"""Fault domains are counted apart for each set of roles."""


def opening_order(
    boxes: Sequence[Bin], loads: Mapping[str, tuple[int, int]], newcomers: Sequence[Demand]
) -> list[Bin]:
    """Servers that take newcomers, in the order in which they are filled; ``loads`` are of those in use."""
    memory_share, disk_share = _shares(boxes, newcomers)

    def roominess(box: Bin) -> int:
        memory, disk = loads.get(box.server, (0, 0))
        return (box.memory - memory) * memory_share + (box.disk - disk) * disk_share

    takers = [box for box in boxes if not box.closed]
    order = sorted(
        (box for box in takers if box.server in loads), key=lambda box: (roominess(box), box.server)
    )
    opened = Counter(_domain(box) for box in boxes if box.server in loads)
    waiting = sorted((box for box in takers if box.server not in loads), key=roominess, reverse=True)
    for _, equals in groupby(waiting, key=roominess):
        order += _alternating(equals, opened)
    return order


def _alternating(boxes: Iterable[Bin], opened: Counter[Domain]) -> Iterator[Bin]:
    """Always the next server of the domain with the fewest; counts them in ``opened``."""
    queues: dict[Domain, deque[Bin]] = {}
    for box in sorted(boxes, key=lambda box: box.server):
        queues.setdefault(_domain(box), deque()).append(box)
    while queues:
        domain = min(queues, key=lambda domain: (opened[domain], queues[domain][0].server))
        opened[domain] += 1
        yield queues[domain].popleft()
        if not queues[domain]:
            del queues[domain]


def even_out(
    order: Sequence[Bin],
    rooms: Sequence[Room],
    kinds: Sequence[Kind],
    loads: Sequence[Load],
    in_use: Iterable[Bin],
) -> list[Load]:
    """The same loads, with opened servers exchanged for unused ones of domains that are less in use.

    ``in_use`` are the servers that the locked demands use, closed ones included.
    """
    result = list(loads)
    count = Counter(_domain(box) for box in in_use)
    count.update(
        _domain(box) for box, room, load in zip(order, rooms, loads, strict=True) if load and not room.used
    )
    while exchange := _exchange(order, rooms, kinds, result, count):
        here, other = exchange
        result[other], result[here] = result[here], {}
        count[_domain(order[here])] -= 1
        count[_domain(order[other])] += 1
    return result


def _exchange(
    order: Sequence[Bin],
    rooms: Sequence[Room],
    kinds: Sequence[Kind],
    loads: Sequence[Load],
    count: Counter[Domain],
) -> tuple[int, int] | None:
    """An opened server and the unused one that should hold its load instead, if there are such."""
    unused = [n for n, load in enumerate(loads) if not load and not rooms[n].used]
    unused.sort(key=lambda n: (count[_domain(order[n])], n))
    for here, room in enumerate(rooms):
        if room.used or not loads[here]:
            continue
        for other in unused:
            if count[_domain(order[here])] < count[_domain(order[other])] + 2:
                break
            if order[other].roles == order[here].roles and _holds(other, rooms[other], kinds, loads[here]):
                return here, other
    return None


def _shares(boxes: Sequence[Bin], newcomers: Sequence[Demand]) -> tuple[int, int]:
    """What a MiB of memory and one of disk weigh, so that the scarcer counts more."""
    memory = max([1, *(box.memory for box in boxes)])
    disk = max([1, *(box.disk for box in boxes)])
    memory_share = sum(demand.memory for demand in newcomers) * disk * disk
    disk_share = sum(demand.disk for demand in newcomers) * memory * memory
    return max(1, memory_share), max(1, disk_share)


def _domain(box: Bin) -> Domain:
    return box.roles, box.fault_domain


def _holds(number: int, room: Room, kinds: Sequence[Kind], load: Load) -> bool:
    return (
        all(number in kinds[index].rooms for index in load)
        and sum(kinds[index].memory * count for index, count in load.items()) <= room.memory
        and sum(kinds[index].disk * count for index, count in load.items()) <= room.disk
    )
