"""A map of where a server can be, as an SVG that needs nothing else: no script, no font, no address.

Two panels: Québec whole, and the neighbourhood of the disks. Shapes differ by line as well as by colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from provisioner import messages
from provisioner.audit.location import boundary
from provisioner.audit.location.disks import FIBRE, LIGHT
from provisioner.audit.location.geodesy import MEAN_KM, destination, distance
from provisioner.audit.location.judging import LocationVerdict

Point = tuple[float, float]

PANEL, GAP, TOP = 440, 20, 44
LINE = 22
SOUTH, NORTH, CENTRE = math.radians(46), math.radians(60), -68.5
"""Of the conic projection that Québec's own maps use."""
WHOLE = (53.1, -68.5, 1150.0)
"""Latitude, longitude and half width in km of the first panel."""
CLOSEST_KM = 30.0
FARTHEST_KM = 1150.0
STEPS = 90
STYLE = (
    "text{font:15px sans-serif;fill:#1a1a1a}.t{font-size:18px;font-weight:bold}.s{font-size:13px}"
    ".w{fill:#eef3f6}.q{fill:#fff;stroke:#5a6670;stroke-width:1.2;fill-rule:evenodd}.f{fill:none;stroke:#1a1a1a}"
    ".c{fill:#0b5cad;fill-opacity:.16;stroke:#0b5cad;stroke-width:2}"
    ".g{fill:none;stroke:#9a4a00;stroke-width:2;stroke-dasharray:6 4}"
    ".v{fill:#1a1a1a}.x{fill:none;stroke:#b00020;stroke-width:2.5}.h{stroke:#fff;stroke-width:4;paint-order:stroke}"
)


@dataclass(frozen=True)
class Panel:
    """A square of the map: where it is drawn, and what is in its middle."""

    name: str
    left: float
    latitude: float
    longitude: float
    half_km: float

    def place(self, latitude: float, longitude: float) -> Point:
        """In the drawing's units."""
        x, y = _conic(latitude, longitude)
        middle_x, middle_y = _conic(self.latitude, self.longitude)
        scale = PANEL / 2 / self.half_km
        return (
            round(self.left + PANEL / 2 + (x - middle_x) * scale, 1),
            round(TOP + PANEL / 2 - (y - middle_y) * scale, 1),
        )


def svg(
    server: str, consortium: Mapping[str, Any], verdict: LocationVerdict, outer: Mapping[str, Any]
) -> str:
    """The map of a verdict, in the language of the process. ``outer`` is the boundary's document."""
    region = boundary.read(outer)
    panels = (Panel("whole", 0, *WHOLE), _near(verdict))
    shown = [_panel(server, panel, region, verdict) for panel in panels]
    notes = _notes(consortium, verdict)
    width, height = 2 * PANEL + GAP, TOP + PANEL + 16 + LINE * len(notes)
    title = messages.text("audit-location.map-title", server=server)
    said = " ".join((_verdict("strict", verdict), _verdict("fibre", verdict), *(text for _, text in notes)))
    limits = messages.text(f"audit-location.limits-{verdict.strict.verdict}")
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"',
            f' lang="{messages.current()}" aria-labelledby="{server}-t {server}-d">',
            f'<title id="{server}-t">{escape(title)}</title>',
            f'<desc id="{server}-d">{escape(f"{said} {limits}")}</desc>',
            f"<style>{STYLE}</style>",
            f'<text class="t" x="0" y="26">{escape(title)}</text>',
            *shown,
            *_legend(notes),
            "</svg>\n",
        )
    )


def _near(verdict: LocationVerdict) -> Panel:
    """The smallest disk, as large as can be; else the site's surroundings."""
    disks = sorted(verdict.strict.disks, key=lambda d: d.radius_km)
    left = PANEL + GAP
    if disks:
        first = disks[0]
        away = distance(*verdict.site[:2], first.latitude, first.longitude) if verdict.site else 0.0
        half = max(CLOSEST_KM, 1.25 * max(first.radius_km, away))
        return Panel("near", left, first.latitude, first.longitude, min(half, FARTHEST_KM))
    latitude, longitude, _ = verdict.site or (*WHOLE[:2], 0.0)
    return Panel("near", left, latitude, longitude, 100.0)


def _panel(server: str, panel: Panel, region: boundary.Region, verdict: LocationVerdict) -> str:
    clip = f"{server}-{panel.name}"
    frame = f'x="{panel.left}" y="{TOP}" width="{PANEL}" height="{PANEL}"'
    rings = " ".join(_path(panel, ((y, x) for x, y in _dense(ring))) for ring in region.rings)
    drawn = [f'<rect class="w" {frame}/>', f'<path class="q" d="{rings}"/>']
    for d, speed in ((d, s) for s in (LIGHT, FIBRE) for d in verdict.strict.disks):
        radius = d.radius_km if speed == LIGHT else (d.radius_km - d.error_km) * FIBRE / LIGHT + d.error_km
        ring = (destination(d.latitude, d.longitude, 360 * n / STEPS, radius) for n in range(STEPS))
        # A circle wider than the map only colours it.
        if radius < 2 * panel.half_km:
            drawn.append(f'<path class="{"c" if speed == LIGHT else "g"}" d="{_path(panel, ring)}"/>')
    drawn += [_triangle(*panel.place(d.latitude, d.longitude)) for d in verdict.strict.disks]
    if verdict.site:
        drawn.append(_cross(*panel.place(verdict.site[0], verdict.site[1])))
    if panel.name == "near":
        drawn += [
            _label(*panel.place(d.latitude, d.longitude), d.vantage_point) for d in verdict.strict.disks
        ]
    return (
        f'<clipPath id="{clip}"><rect {frame}/></clipPath><g clip-path="url(#{clip})">'
        + "".join(drawn)
        + _scale(panel)
        + f'</g><rect class="f" {frame}/>'
    )


def _notes(consortium: Mapping[str, Any], verdict: LocationVerdict) -> list[tuple[str, str]]:
    """Lines below the map: a sign and its meaning."""
    notes = [
        ("c", _verdict("strict", verdict)),
        ("g", _verdict("fibre", verdict)),
        ("q", messages.text("audit-location.map-boundary")),
    ]
    if verdict.site:
        notes.append(("x", messages.text("audit-location.map-site") + _city(verdict.server, consortium)))
    for d in verdict.strict.disks:
        said = {"id": d.vantage_point, "ms": _number(d.round_trip_ms), "km": f"{d.radius_km:.0f}"}
        notes.append(("v", messages.text("audit-location.map-point", **said)))
        if d.radius_km >= 2 * FARTHEST_KM:
            whole = messages.text("audit-location.map-whole", id=d.vantage_point, km=f"{d.radius_km:.0f}")
            notes.append(("", whole))
    return notes


def _number(value: float) -> str:
    return f"{value:.3f}".replace(".", "," if messages.current() == "fr" else ".")


def _city(server: str, consortium: Mapping[str, Any]) -> str:
    sites = [s["site"] for s in consortium["servers"] if s["id"] == server]
    cities = [s["city"] for s in consortium["sites"] if s["id"] in sites and "city" in s]
    return f" ({cities[0]})" if cities else ""


def _verdict(name: str, verdict: LocationVerdict) -> str:
    found = verdict.strict if name == "strict" else verdict.fibre
    word = messages.text(f"audit-location.verdict-{found.verdict}")
    key = "audit-location.map-strict" if name == "strict" else "audit-location.map-fibre"
    return messages.text(key, verdict=word)


def _legend(notes: Sequence[tuple[str, str]]) -> Iterable[str]:
    for number, (sign, text) in enumerate(notes):
        y = TOP + PANEL + 26 + LINE * number
        if sign == "v":
            yield _triangle(14, y - 5)
        elif sign == "x":
            yield _cross(14, y - 5)
        elif sign:
            yield f'<rect class="{sign}" x="4" y="{y - 12}" width="20" height="13"/>'
        yield f'<text x="34" y="{y}">{escape(text)}</text>'


def _scale(panel: Panel) -> str:
    """A bar of a round length, about a quarter of the panel."""
    least = panel.half_km / 2
    power = 10 ** math.floor(math.log10(least))
    km = max(step * power for step in (1, 2, 5) if step * power <= least)
    length = round(km * PANEL / 2 / panel.half_km, 1)
    x, y = panel.left + 12, TOP + PANEL - 14
    text = escape(messages.text("audit-location.map-scale", km=f"{km:g}"))
    return f'<path class="f" d="M{x},{y - 5}v5h{length}v-5"/><text class="s h" x="{x + 4}" y="{y - 8}">{text}</text>'


def _path(panel: Panel, points: Iterable[Point]) -> str:
    return "M" + "L".join(f"{x},{y}" for x, y in (panel.place(*p) for p in points)) + "Z"


def _dense(ring: Sequence[Point]) -> Iterable[Point]:
    """Longitudes and latitudes, long lines cut: what is straight between coordinates is bent on the map."""
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        parts = max(1, math.ceil(math.hypot(x2 - x1, y2 - y1)))
        yield from ((x1 + (x2 - x1) * n / parts, y1 + (y2 - y1) * n / parts) for n in range(parts))


def _triangle(x: float, y: float) -> str:
    return f'<path class="v" d="M{x},{y - 7}l6,11h-12z"/>'


def _cross(x: float, y: float) -> str:
    return f'<path class="x" d="M{x - 7},{y - 7}l14,14m0,-14l-14,14"/>'


def _label(x: float, y: float, text: str) -> str:
    return f'<text class="s h" x="{x + 10}" y="{y - 8}">{escape(text)}</text>'


def _conic(latitude: float, longitude: float) -> Point:
    """Lambert's conformal projection, in km on a sphere: for the eye alone, nothing is judged by it."""

    def stretched(angle: float) -> float:
        return math.tan(math.pi / 4 + angle / 2)

    n = math.log(math.cos(SOUTH) / math.cos(NORTH)) / math.log(stretched(NORTH) / stretched(SOUTH))
    factor = MEAN_KM * math.cos(SOUTH) * stretched(SOUTH) ** n / n
    radius = factor / stretched(math.radians(max(-80.0, min(89.0, latitude)))) ** n
    angle = n * math.radians((longitude - CENTRE + 180) % 360 - 180)
    return radius * math.sin(angle), -radius * math.cos(angle)
