"""Where a server's key is, as far as round trips can say. Pure: documents in, verdicts out.

What each verdict does not prove is said by the catalogue's texts `audit-location.limits-*`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from provisioner.audit.location import boundary, measurement, shipped
from provisioner.audit.location.boundary import Region
from provisioner.audit.location.disks import FIBRE, LIGHT, Disk, Shape, disk

PROVEN = "proven-inside"
NOT_DISPROVED = "not-disproved"
DISPROVED = "disproved"
INCONCLUSIVE = "inconclusive"
NOT_CHECKED = "not-checked"
SITE_ERROR_M = 5000
"""A site's coordinates may be its city's."""


@dataclass(frozen=True)
class Judged:
    """The verdict at one speed. ``reason`` is a catalogue key; ``margin_km`` how far inside, where proven."""

    verdict: str
    reason: str
    margin_km: float | None = None
    disks: tuple[Disk, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A measurement that was not used, and why (a catalogue key)."""

    vantage_point: str
    reason: str


@dataclass(frozen=True)
class LocationVerdict:
    """``strict`` holds at the speed of light in vacuum; ``fibre`` if every kilometre of the path is glass."""

    server: str
    strict: Judged
    fibre: Judged
    refused: tuple[Refused, ...]
    rounds: int
    site: tuple[float, float, float] | None
    """Latitude, longitude and error in km of where the spec says that the server is."""

    def as_json(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return asdict(self)


def judge(
    server_id: str,
    consortium: Mapping[str, Any],
    audit: Mapping[str, Any],
    measurements: Sequence[Mapping[str, Any]],
    boundaries: tuple[Mapping[str, Any], Mapping[str, Any]],
) -> LocationVerdict:
    """The verdict on one server, from all that was measured of it.

    ``boundaries`` are two documents: whoever is in the first is surely inside, whoever is out of the second surely
    outside. Others than those shipped with nuage prove nothing: the audited don't draw the map.

    Raises:
        KeyError, ValueError: those or the specs aren't what they ought to be.
    """
    server = next(s for s in consortium["servers"] if s["id"] == server_id)
    site = claimed(server, consortium)
    expected = expectation(consortium, audit)
    measured: list[measurement.Measured] = []
    refused: list[Refused] = []
    for document in measurements:
        try:
            measured.append(measurement.read(document, server, expected))
        except measurement.RefusedMeasurementError as error:
            refused.append(Refused(str(document.get("vantage_point", "")), error.reason))
    regions = boundary.read(boundaries[0]), boundary.read(boundaries[1])
    if measured and not shipped.known(*boundaries):
        measured, refused = [], [Refused("", "audit-location.other-boundary"), *refused]
    strict, fibre = (_at(speed, measured, refused, site, regions) for speed in (LIGHT, FIBRE))
    rounds = sum(one.rounds for one in measured)
    return LocationVerdict(server_id, strict, fibre, tuple(refused), rounds, site)


def expectation(consortium: Mapping[str, Any], audit: Mapping[str, Any]) -> dict[str, Any]:
    """What a document must say to be of this audit."""
    points = consortium.get("audit", {}).get("vantage_points", [])
    return {"audit": audit["id"], "nonce": audit["nonce"], "vantage_points": points}


def claimed(server: Mapping[str, Any], consortium: Mapping[str, Any]) -> tuple[float, float, float] | None:
    """Where the spec says that a server stands: latitude, longitude, error in km."""
    site = next((s for s in consortium["sites"] if s["id"] == server["site"]), None)
    if site is None:
        return None
    return site["latitude"], site["longitude"], site.get("position_error_m", SITE_ERROR_M) / 1000


def _at(
    speed: float,
    measured: Sequence[measurement.Measured],
    refused: Sequence[Refused],
    site: tuple[float, float, float] | None,
    regions: tuple[Region, Region],
) -> Judged:
    if not measured:
        if refused:
            return Judged(INCONCLUSIVE, refused[0].reason)
        return Judged(NOT_CHECKED, "audit-location.not-measured")
    return decide([around(one, speed) for one in measured], site, regions)


def around(one: measurement.Measured, speed: float) -> Disk:
    """The disk of a measurement, widened by the vantage point's own error."""
    point = one.vantage_point
    place = (str(point["id"]), float(point["latitude"]), float(point["longitude"]))
    return disk(place, point["position_error_m"] / 1000, one.round_trip_ms, speed)


def decide(
    disks: Sequence[Disk], site: tuple[float, float, float] | None, regions: tuple[Region, Region]
) -> Judged:
    """The verdict on where the disks intersect. A disk that grows makes no proof of what was none before,
    unless it takes back a contradiction (no common point, or the site outside a disk)."""
    inner, outer = regions
    shape = Shape(disks)
    kept = tuple(disks)
    if not shape.disks:
        return Judged(NOT_DISPROVED, "audit-location.far", disks=kept)
    if shape.point is None:
        return Judged(INCONCLUSIVE, "audit-location.contradiction", disks=kept)
    if not outer.holds(*shape.point) and shape.apart(outer) > 0:
        return Judged(DISPROVED, "audit-location.outside", disks=kept)
    if site and shape.outside(site[0], site[1]) > site[2]:
        return Judged(DISPROVED, "audit-location.elsewhere", disks=kept)
    margin = shape.apart(inner) if inner.holds(*shape.point) else 0.0
    if margin > 0:
        return Judged(PROVEN, "audit-location.inside", round(margin, 1), kept)
    return Judged(NOT_DISPROVED, "audit-location.reaches-outside", disks=kept)
