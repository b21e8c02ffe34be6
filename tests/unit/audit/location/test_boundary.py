"""Regions, the shipped boundaries against the detailed one, and what the generator writes."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, shape

from provisioner.audit.location import boundary
from provisioner.audit.location.geodesy import distance
from tests.unit.audit.location.simulated import DATA, INNER, OUTER, REGIONS

TOOL = Path(__file__).parents[4] / "tools" / "boundary.py"
SQUARE = [[0, 0], [4, 0], [4, 4], [0, 4]]
HOLE = [[1, 1], [1, 3], [3, 3], [3, 1]]


def region(*rings: list[list[int]]) -> boundary.Region:
    return boundary.read({"rings": rings, "error_m": 100, "source": "test"})


def polygons(document: dict[str, Any]) -> MultiPolygon:
    """Rings inside others are holes."""
    whole: Any = Polygon()
    for ring in document["rings"]:
        whole = whole.symmetric_difference(Polygon(ring))
    return whole if isinstance(whole, MultiPolygon) else MultiPolygon([whole])


@pytest.fixture(scope="module")
def detailed(shared_data: Path) -> Any:
    file = shared_data / "quebec.geojson"
    if not file.is_file():
        pytest.skip(f"SKIPPED, NOT TESTED: {file} is absent")
    return shape(json.loads(file.read_text(encoding="utf-8"))["features"][0]["geometry"])


def test_a_hole_is_outside() -> None:
    square = region(SQUARE, HOLE)
    assert square.holds(0.5, 0.5)
    assert not square.holds(2, 2)
    assert not square.holds(5, 5)


@given(st.floats(44, 63), st.floats(-80, -56))
def test_holds_as_shapely_does(latitude: float, longitude: float) -> None:
    for document, one in zip((INNER, OUTER), REGIONS, strict=True):
        assert one.holds(latitude, longitude) == polygons(document).contains(Point(longitude, latitude))


@given(st.floats(-2, 6), st.floats(-2, 6))
def test_clearance_is_never_more_than_the_distance_to_the_line(latitude: float, longitude: float) -> None:
    square = region(SQUARE, HOLE)
    found = square.clearance(lambda y, x: distance(latitude, longitude, y, x))
    steps = [n / 200 for n in range(801)]
    line = [p for s in steps for p in ((0, s), (4, s), (s, 0), (s, 4))]
    line += [p for s in steps if 1 <= s <= 3 for p in ((1, s), (3, s), (s, 1), (s, 3))]
    nearest = min(distance(latitude, longitude, y, x) for y, x in line)
    assert found <= nearest + 1e-9
    assert found > nearest - 0.6  # the steps are 0.55 km apart


@pytest.mark.parametrize(
    "change",
    [
        {"rings": []},
        {"rings": [[[0, 0], [1, 1]]]},
        {"rings": [[[0, 0], [1, 1], [500, 0]]]},
        {"error_m": -1},
        {"error_m": math.inf},
    ],
)
def test_what_is_no_boundary_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"rings|coordinates|error_m"):
        boundary.read({"rings": [SQUARE], "error_m": 0} | change)


@pytest.mark.data
def test_the_shipped_inner_boundary_lies_inside_quebec(detailed: Any) -> None:
    inner = polygons(INNER)
    assert detailed.contains_properly(inner)
    assert inner.area > 0.95 * detailed.area


@pytest.mark.data
def test_the_shipped_outer_boundary_lies_around_quebec(detailed: Any) -> None:
    outer = polygons(OUTER)
    assert outer.contains_properly(detailed)
    assert outer.area < 1.05 * detailed.area


def test_what_newfoundland_and_labrador_administers_is_left_out() -> None:
    inner, outer = REGIONS
    for latitude, longitude in ((52.3, -58.5), (52.4, -61.0), (52.6, -63.5)):
        assert not inner.holds(latitude, longitude)
        assert outer.holds(latitude, longitude)


def test_both_say_where_they_are_from() -> None:
    for document in (INNER, OUTER):
        assert "Ressources naturelles Québec" in document["source"]
        assert "CC BY 4.0" in document["licence"]
        assert document["error_m"] == 1000


@pytest.mark.data
def test_the_tool_writes_what_is_shipped(shared_data: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, TOOL, shared_data / "quebec.geojson", tmp_path], check=True)
    for name in ("quebec-inner.json", "quebec-outer.json"):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()
