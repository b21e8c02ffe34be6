"""Which servers may take a newcomer, or why none may."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.planning.packing import Room
from provisioner.planning.terms import Bin, Demand, Reason, mismatch


class Choices:
    """Answers per demand; municipalities that ask for the same share one look at the servers."""

    def __init__(self, boxes: Sequence[Bin], order: Sequence[Bin], rooms: Sequence[Room]) -> None:
        """``boxes`` are all servers; ``order`` and ``rooms`` the open ones and what is left of them."""
        self._boxes, self._order, self._rooms = boxes, order, rooms
        self._known: dict[tuple[object, ...], frozenset[int] | Reason] = {}

    def of(self, demand: Demand) -> frozenset[int] | Reason:
        """Positions in ``order`` of the servers that could take this demand alone, or why there are none."""
        asked = (demand.memory, demand.disk, demand.role, demand.only, demand.avoid)
        if asked not in self._known:
            self._known[asked] = self._look(demand)
        return self._known[asked]

    def _look(self, demand: Demand) -> frozenset[int] | Reason:
        verdicts = {mismatch(demand, box) for box in self._boxes}
        if None not in verdicts:
            return Reason.NOT_ALLOWED if Reason.NOT_ALLOWED in verdicts else Reason.NO_ROLE
        allowed = [n for n, box in enumerate(self._order) if mismatch(demand, box) is None]
        if not allowed:
            return Reason.CLOSED
        boxes = [self._order[n] for n in allowed]
        if not any(demand.memory <= box.memory and demand.disk <= box.disk for box in boxes):
            return Reason.TOO_BIG
        rooms = self._rooms
        found = [n for n in allowed if demand.memory <= rooms[n].memory and demand.disk <= rooms[n].disk]
        return frozenset(found) if found else Reason.NO_ROOM
