"""Distances and destinations against geographiclib, which is good to nanometres."""

from __future__ import annotations

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from provisioner.audit.location import geodesy

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


def truth(*points: float) -> float:
    return float(Geodesic.WGS84.Inverse(*points)["s12"]) / 1000


@given(latitudes, longitudes, latitudes, longitudes)
def test_distance(a: float, b: float, c: float, d: float) -> None:
    km = truth(a, b, c, d)
    # Points nearly opposite get the sphere's.
    assert geodesy.distance(a, b, c, d) == pytest.approx(km, abs=1e-5 if km < 19_000 else 0.006 * km)


@given(st.floats(-89.9, 89.9), longitudes, st.floats(0, 360), st.floats(0, 9000))
def test_destination(latitude: float, longitude: float, bearing: float, km: float) -> None:
    there = geodesy.destination(latitude, longitude, bearing, km)
    expected = Geodesic.WGS84.Direct(latitude, longitude, bearing, km * 1000)
    assert truth(*there, expected["lat2"], expected["lon2"]) < 1e-5


@given(st.floats(-80, 80), longitudes, st.floats(0, 360), st.floats(1, 3000))
def test_bearing_is_about_right(latitude: float, longitude: float, bearing: float, km: float) -> None:
    there = geodesy.destination(latitude, longitude, bearing, km)
    found = geodesy.bearing(latitude, longitude, *there)
    assert abs((found - bearing + 180) % 360 - 180) < 1


@given(latitudes, longitudes)
def test_no_way_to_where_one_is(latitude: float, longitude: float) -> None:
    assert geodesy.distance(latitude, longitude, latitude, longitude) == 0
    assert geodesy.distance(latitude, longitude, -latitude, longitude + 180) > 19_900
