"""A region: rings of straight lines between longitudes and latitudes, holes included. Pure.

A document is ``{"source", "licence", "error_m", "rings": [[[longitude, latitude], ...], ...]}``. Rings count by
the even-odd rule, so that a hole is simply a ring inside another. None may cross the 180th meridian.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.audit.location.geodesy import KM_PER_DEGREE

LEAF_KM = 0.05
"""Pieces of the boundary are looked at no closer than this: half their length is charged as distance."""

Piece = tuple[float, float, float, float]
"""Longitude and latitude of both ends."""


@dataclass(frozen=True)
class Region:
    """``error_km`` is how far the true line may lie from the drawn one."""

    rings: tuple[tuple[tuple[float, float], ...], ...]
    error_km: float
    source: str = ""

    def pieces(self) -> Iterator[Piece]:
        """All straight lines, the closing ones included."""
        for ring in self.rings:
            for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
                if (x1, y1) != (x2, y2):
                    yield x1, y1, x2, y2

    def holds(self, latitude: float, longitude: float) -> bool:
        """Whether the point is inside; on the line itself, either answer."""
        inside = False
        for x1, y1, x2, y2 in self.pieces():
            if (y1 > latitude) != (y2 > latitude):
                crossing = x1 + (latitude - y1) * (x2 - x1) / (y2 - y1)
                inside ^= longitude < crossing
        return inside

    def clearance(self, outside: Callable[[float, float], float]) -> float:
        """At least how far, in km, every point of the line is from a shape.

        ``outside(latitude, longitude)`` says how far outside the shape a point is (negative: inside), and must
        change no faster than the distance between points. The line is halved where it comes near, until
        pieces are short; a piece is taken for as near as any of its points could be. The answer is the
        least over all short pieces, so a shape that grows never gets a greater clearance.
        """
        heap = [(outside(*_middle(piece)) - _half(piece), piece) for piece in self.pieces()]
        if not heap:
            raise ValueError("a region without a line")
        heapq.heapify(heap)
        while _half(heap[0][1]) > LEAF_KM / 2:
            _, piece = heapq.heappop(heap)
            for part in _parts(piece):
                heapq.heappush(heap, (outside(*_middle(part)) - _half(part), part))
        return heap[0][0]


def read(document: Mapping[str, Any]) -> Region:
    """The region of a document. ValueError or KeyError when it isn't one."""
    rings = tuple(tuple((float(x), float(y)) for x, y in ring) for ring in document["rings"])
    if not rings or any(len(ring) < 3 for ring in rings):
        raise ValueError("rings")
    if not all(abs(x) <= 180 and abs(y) <= 90 for ring in rings for x, y in ring):
        raise ValueError("coordinates")
    error_m = float(document["error_m"])
    if not 0 <= error_m < math.inf:
        raise ValueError("error_m")
    return Region(rings, error_m / 1000, str(document.get("source", "")))


def _middle(piece: Piece) -> tuple[float, float]:
    x1, y1, x2, y2 = piece
    return (y1 + y2) / 2, (x1 + x2) / 2


def _half(piece: Piece) -> float:
    """No point of the piece is farther from its middle than this, in km."""
    x1, y1, x2, y2 = piece
    nearest_equator = 0.0 if y1 * y2 <= 0 else min(abs(y1), abs(y2))
    east = (x2 - x1) * math.cos(math.radians(nearest_equator))
    return KM_PER_DEGREE * math.hypot(east, y2 - y1) / 2


def _parts(piece: Piece) -> tuple[Piece, Piece]:
    x1, y1, x2, y2 = piece
    latitude, longitude = _middle(piece)
    return (x1, y1, longitude, latitude), (longitude, latitude, x2, y2)
