"""Where a server can be: the intersection of disks whose radius is half a round trip at a speed. Pure.

Only upper bounds are used. An unpredictable nonce makes it impossible to answer early, so a liar can only add
time, and disks only grow. Radii already hold the vantage point's own error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from provisioner.audit.location.boundary import Region
from provisioner.audit.location.geodesy import bearing, destination, distance

LIGHT = 299.792458
"""Kilometres in a millisecond, in vacuum: nothing is faster."""
FIBRE = LIGHT * 2 / 3
"""The same in glass: an assumption about the path (microwave and hollow fibre are faster), not a law."""
WHOLE_KM = 9000.0
"""A larger disk is no longer convex on the globe, and says nothing of Québec: it is left out."""
TOLERANCE_KM = 0.001
"""Rounding: a point this close to a disk counts as in it, and lines must stay this much clearer."""
_HALVINGS = 50


@dataclass(frozen=True)
class Disk:
    """What one vantage point says. ``radius_km`` holds ``error_km``, the vantage point's own."""

    vantage_point: str
    latitude: float
    longitude: float
    radius_km: float
    error_km: float
    round_trip_ms: float

    def beyond(self, latitude: float, longitude: float) -> float:
        """How far outside the disk a point is, in km; negative inside."""
        return distance(self.latitude, self.longitude, latitude, longitude) - self.radius_km


def disk(place: tuple[str, float, float], error_km: float, round_trip_ms: float, speed: float) -> Disk:
    """The disk of a vantage point: its id and position, and the shortest round trip it saw."""
    return Disk(*place, speed * round_trip_ms / 2 + error_km, error_km, round_trip_ms)


class Shape:
    """The intersection of disks: convex, so it lies on one side of any line that it does not meet."""

    def __init__(self, disks: Sequence[Disk]) -> None:
        """Disks that hold a smaller one whole add nothing and are dropped."""
        bounded = sorted((d for d in disks if d.radius_km < WHOLE_KM), key=lambda d: d.radius_km)
        self.disks: tuple[Disk, ...] = tuple(
            d for n, d in enumerate(bounded) if not any(_within(small, d) for small in bounded[:n])
        )
        self.point = next((p for p in self._candidates() if self.outside(*p) <= TOLERANCE_KM), None)
        """A point of it, as latitude and longitude; None when the disks have no common point."""

    def outside(self, latitude: float, longitude: float) -> float:
        """At least how far outside the shape a point is, in km; negative inside."""
        return max(d.beyond(latitude, longitude) for d in self.disks)

    def apart(self, region: Region) -> float:
        """At least how far the region's line stays from the shape, in km; the line's error is taken off."""
        return region.clearance(self.outside) - region.error_km - 2 * TOLERANCE_KM

    def _candidates(self) -> Iterator[tuple[float, float]]:
        """A shape that isn't empty is a whole disk, or has a corner where two circles cross."""
        for d in self.disks:
            yield d.latitude, d.longitude
        for one, other in combinations(self.disks, 2):
            yield from _crossings(one, other)


def _apart(one: Disk, other: Disk) -> float:
    return distance(one.latitude, one.longitude, other.latitude, other.longitude)


def _within(small: Disk, large: Disk) -> bool:
    return _apart(small, large) + small.radius_km <= large.radius_km


def _crossings(one: Disk, other: Disk) -> Iterator[tuple[float, float]]:
    """Where two circles cross: between the directions to and away from the other's centre, on both sides."""
    if _apart(one, other) > one.radius_km + other.radius_km:
        return
    towards = bearing(one.latitude, one.longitude, other.latitude, other.longitude)
    for side in (1, -1):
        near, far = 0.0, 180.0
        for _ in range(_HALVINGS):
            middle = (near + far) / 2
            point = destination(one.latitude, one.longitude, towards + side * middle, one.radius_km)
            if other.beyond(*point) <= 0:
                near = middle
            else:
                far = middle
        yield destination(one.latitude, one.longitude, towards + side * near, one.radius_km)
