"""Distances on the WGS 84 ellipsoid (Vincenty 1975). Pure: the standard library alone.

Angles are in degrees, latitude north and longitude east; distances in kilometres.
"""

from __future__ import annotations

import math
from functools import lru_cache

EQUATOR_KM = 6378.137
FLATTENING = 1 / 298.257223563
POLE_KM = EQUATOR_KM * (1 - FLATTENING)
MEAN_KM = 6371.0088
KM_PER_DEGREE = 111.7
"""More than a degree of latitude, or of longitude on the equator, measures anywhere."""

_ENOUGH = 1e-12
_ROUNDS = 200


@lru_cache(maxsize=65_536)
def distance(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """The shortest way over the ground, to the millimetre.

    Vincenty's series does not converge for points nearly opposite on the globe; those get the sphere's
    distance, good to 0.6 %: over 19,000 km, where no disk of ours ends (`disks.WHOLE_KM`). Remembered, because
    each vantage point is asked about the same points of a boundary for each server and speed.
    """
    u1 = math.atan((1 - FLATTENING) * math.tan(math.radians(latitude)))
    u2 = math.atan((1 - FLATTENING) * math.tan(math.radians(to_latitude)))
    sin1, cos1, sin2, cos2 = math.sin(u1), math.cos(u1), math.sin(u2), math.cos(u2)
    difference = math.radians((to_longitude - longitude + 180) % 360 - 180)
    turn = difference
    for _ in range(_ROUNDS):
        sin_turn, cos_turn = math.sin(turn), math.cos(turn)
        sin_arc = math.hypot(cos2 * sin_turn, cos1 * sin2 - sin1 * cos2 * cos_turn)
        if sin_arc == 0:
            return 0.0 if cos_turn > 0 else _sphere(latitude, to_latitude, difference)
        cos_arc = sin1 * sin2 + cos1 * cos2 * cos_turn
        arc = math.atan2(sin_arc, cos_arc)
        sin_azimuth = cos1 * cos2 * sin_turn / sin_arc
        cos2_azimuth = 1 - sin_azimuth**2
        middle = cos_arc - 2 * sin1 * sin2 / cos2_azimuth if cos2_azimuth > _ENOUGH else 0.0
        c = FLATTENING / 16 * cos2_azimuth * (4 + FLATTENING * (4 - 3 * cos2_azimuth))
        series = arc + c * sin_arc * (middle + c * cos_arc * (2 * middle**2 - 1))
        previous, turn = turn, difference + (1 - c) * FLATTENING * sin_azimuth * series
        if abs(turn) > math.pi:
            break
        if abs(turn - previous) < _ENOUGH:
            return POLE_KM * _length(cos2_azimuth, arc, middle)
    return _sphere(latitude, to_latitude, difference)


def destination(latitude: float, longitude: float, bearing: float, km: float) -> tuple[float, float]:
    """Latitude and longitude of the point ``km`` away, setting out at ``bearing`` (clockwise from north)."""
    azimuth = math.radians(bearing)
    u1 = math.atan((1 - FLATTENING) * math.tan(math.radians(latitude)))
    sin1, cos1 = math.sin(u1), math.cos(u1)
    start = math.atan2(math.tan(u1), math.cos(azimuth))
    sin_azimuth = cos1 * math.sin(azimuth)
    cos2_azimuth = 1 - sin_azimuth**2
    a, b = _series(cos2_azimuth)
    arc = first = km / (POLE_KM * a)
    for _ in range(_ROUNDS):
        middle = math.cos(2 * start + arc)
        previous, arc = arc, first + _correction(b, arc, middle)
        if abs(arc - previous) < _ENOUGH:
            break
    middle = math.cos(2 * start + arc)
    across = sin1 * math.sin(arc) - cos1 * math.cos(arc) * math.cos(azimuth)
    north = sin1 * math.cos(arc) + cos1 * math.sin(arc) * math.cos(azimuth)
    to_latitude = math.atan2(north, (1 - FLATTENING) * math.hypot(sin_azimuth, across))
    turn = math.atan2(
        math.sin(arc) * math.sin(azimuth),
        cos1 * math.cos(arc) - sin1 * math.sin(arc) * math.cos(azimuth),
    )
    c = FLATTENING / 16 * cos2_azimuth * (4 + FLATTENING * (4 - 3 * cos2_azimuth))
    series = arc + c * math.sin(arc) * (middle + c * math.cos(arc) * (2 * middle**2 - 1))
    to_longitude = longitude + math.degrees(turn - (1 - c) * FLATTENING * sin_azimuth * series)
    return math.degrees(to_latitude), (to_longitude + 540) % 360 - 180


def bearing(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """The direction to set out in, on the sphere: a degree at most from the ellipsoid's."""
    here, there = math.radians(latitude), math.radians(to_latitude)
    turn = math.radians(to_longitude - longitude)
    east = math.sin(turn) * math.cos(there)
    north = math.cos(here) * math.sin(there) - math.sin(here) * math.cos(there) * math.cos(turn)
    return math.degrees(math.atan2(east, north)) % 360


def _series(cos2_azimuth: float) -> tuple[float, float]:
    square = cos2_azimuth * (EQUATOR_KM**2 - POLE_KM**2) / POLE_KM**2
    a = 1 + square / 16384 * (4096 + square * (-768 + square * (320 - 175 * square)))
    return a, square / 1024 * (256 + square * (-128 + square * (74 - 47 * square)))


def _correction(b: float, arc: float, middle: float) -> float:
    sin_arc, cos_arc = math.sin(arc), math.cos(arc)
    third = b / 6 * middle * (4 * sin_arc**2 - 3) * (4 * middle**2 - 3)
    return b * sin_arc * (middle + b / 4 * (cos_arc * (2 * middle**2 - 1) - third))


def _length(cos2_azimuth: float, arc: float, middle: float) -> float:
    a, b = _series(cos2_azimuth)
    return a * (arc - _correction(b, arc, middle))


def _sphere(latitude: float, to_latitude: float, difference: float) -> float:
    here, there = math.radians(latitude), math.radians(to_latitude)
    half = math.sin((there - here) / 2) ** 2
    half += math.cos(here) * math.cos(there) * math.sin(difference / 2) ** 2
    return 2 * MEAN_KM * math.asin(min(1.0, math.sqrt(half)))
