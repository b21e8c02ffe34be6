"""What disks have in common, and that it is judged safely whatever the physics."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from provisioner.audit.location import judging
from provisioner.audit.location.disks import FIBRE, LIGHT, Disk, Shape, disk
from provisioner.audit.location.geodesy import destination, distance
from tests.unit.audit.location.simulated import REGIONS, SHERBROOKE, light_ms

INNER, OUTER = REGIONS
MONTREAL, BURLINGTON, GATINEAU = (45.5, -73.57), (44.48, -73.21), (45.48, -75.65)

near_quebec = st.tuples(st.floats(43.0, 64.0), st.floats(-82.0, -55.0))
in_quebec = near_quebec.filter(lambda place: INNER.holds(*place))
abroad = near_quebec.filter(lambda place: not OUTER.holds(*place))
speeds = st.sampled_from((LIGHT, FIBRE))
delays = st.lists(st.floats(0, 3), min_size=1, max_size=4)
errors = st.floats(0, 5)


@st.composite
def honest(
    draw: st.DrawFn, places: st.SearchStrategy[tuple[float, float]]
) -> tuple[tuple[float, float], list[Disk]]:
    """A true position, and what vantage points up to 300 km away say of it: light's time, and delays."""
    true = draw(places)
    disks = []
    for number, delay in enumerate(draw(delays)):
        error = draw(errors)
        at = destination(*true, draw(st.floats(0, 360)), draw(st.floats(0, 300) | st.floats(0, 10)))
        told = destination(*at, draw(st.floats(0, 360)), draw(st.floats(0, 0.999)) * error)
        ms = light_ms(at, true) + delay * draw(st.sampled_from((0.01, 1.0)))
        disks.append(disk((f"v{number}", *told), error, ms, LIGHT))
    return true, disks


def grown(disks: list[Disk], extra: list[float]) -> list[Disk]:
    return [
        Disk(d.vantage_point, d.latitude, d.longitude, d.radius_km + more, d.error_km, d.round_trip_ms)
        for d, more in zip(disks, extra, strict=False)
    ]


def verdict(disks: list[Disk], site: tuple[float, float]) -> str:
    return judging.decide(disks, (*site, judging.SITE_ERROR_M / 1000), REGIONS).verdict


@given(honest(abroad))
def test_nobody_abroad_is_proven_inside(case: tuple[tuple[float, float], list[Disk]]) -> None:
    true, disks = case
    assert verdict(disks, true) != "proven-inside"
    assert verdict(disks, SHERBROOKE) != "proven-inside"


@given(honest(in_quebec))
def test_who_is_where_they_say_is_never_disproved(case: tuple[tuple[float, float], list[Disk]]) -> None:
    true, disks = case
    assert verdict(disks, true) in ("proven-inside", "not-disproved")


@given(honest(near_quebec), st.lists(st.floats(0, 400), min_size=4, max_size=4))
def test_delay_proves_nothing(case: tuple[tuple[float, float], list[Disk]], extra: list[float]) -> None:
    """With honest vantage points and sites nothing is ever contradicted: then there's no other verdict to come from."""
    true, disks = case
    if verdict(grown(disks, extra), true) == "proven-inside":
        assert verdict(disks, true) == "proven-inside"


@given(st.lists(st.tuples(near_quebec, st.floats(0, 200), st.floats(0, 400)), min_size=1, max_size=4))
def test_delay_turns_no_doubt_into_proof(case: list[tuple[tuple[float, float], float, float]]) -> None:
    """The same for any disks at all, as long as they contradict neither each other nor the site."""
    disks = [
        Disk(f"v{n}", *at, distance(*at, *MONTREAL) + slack, 0.0, 0.0)
        for n, (at, slack, _) in enumerate(case)
    ]
    before, after = (verdict(d, MONTREAL) for d in (disks, grown(disks, [more for *_, more in case])))
    assert before in ("proven-inside", "not-disproved")
    assert after in (before, "not-disproved")


@given(speeds, st.floats(0, 100), st.floats(0, 100), errors)
def test_disks_only_grow(speed: float, ms: float, more: float, error: float) -> None:
    one, other = (disk(("v", 45, -73), error, time, speed) for time in (ms, ms + more))
    assert one.radius_km <= other.radius_km


@given(honest(near_quebec))
def test_the_true_place_is_in_every_honest_shape(case: tuple[tuple[float, float], list[Disk]]) -> None:
    true, disks = case
    shape = Shape(disks)
    assert shape.outside(*true) <= 1e-6
    assert shape.point is not None
    assert shape.outside(*shape.point) <= 0.001


def test_the_reference_table() -> None:
    """The longest round trips that still prove Québec, against the reference's, less our margins."""
    for at, most_ms, km in ((MONTREAL, 0.37, 55), ((46.81, -71.21), 0.62, 93), ((46.35, -72.55), 0.99, 148)):
        margin = 7 / 150  # what the inner boundary is drawn inwards by, and its error
        assert verdict([disk(("v", *at), 0, most_ms - margin, LIGHT)], at) == "proven-inside"
        assert verdict([disk(("v", *at), 0, most_ms + 0.01, LIGHT)], at) == "not-disproved"
        shape = Shape([disk(("v", *at), 0, 0, LIGHT)])
        assert km - 7 < shape.apart(INNER) < km


def test_gatineau_is_practically_unprovable() -> None:
    assert verdict([disk(("v", *GATINEAU), 0, 0.001, LIGHT)], GATINEAU) == "not-disproved"


def test_disks_that_cross_prove_what_none_proves_alone() -> None:
    places = [(46.5, -76.5), (47.5, -70.0)]
    disks = [Disk(f"v{n}", *at, 270.0, 0.0, 0.0) for n, at in enumerate(places)]
    middle = (47.1, -73.3)
    assert distance(*places[0], *places[1]) < 540
    assert all(verdict([one], middle) == "not-disproved" for one in disks)
    assert verdict(disks, middle) == "proven-inside"


def test_abroad_and_elsewhere_are_disproved() -> None:
    there = disk(("v", *BURLINGTON), 0.1, 0.05, LIGHT)
    outside = judging.decide([there], (*BURLINGTON, 5.0), REGIONS)
    assert (outside.verdict, outside.reason) == ("disproved", "audit-location.outside")
    elsewhere = judging.decide([disk(("v", *MONTREAL), 0.1, 0.2, LIGHT)], (*SHERBROOKE, 5.0), REGIONS)
    assert (elsewhere.verdict, elsewhere.reason) == ("disproved", "audit-location.elsewhere")


def test_disks_without_a_common_point_say_that_somebody_errs() -> None:
    disks = [disk(("a", *MONTREAL), 0, 0.2, LIGHT), disk(("b", 48.43, -71.06), 0, 0.2, LIGHT)]
    found = judging.decide(disks, (*MONTREAL, 5.0), REGIONS)
    assert (found.verdict, found.reason) == ("inconclusive", "audit-location.contradiction")


def test_from_the_other_side_of_the_globe_nothing_is_said() -> None:
    found = judging.decide([disk(("v", -45.5, 106.4), 0, 150, LIGHT)], (*MONTREAL, 5.0), REGIONS)
    assert (found.verdict, found.reason) == ("not-disproved", "audit-location.far")
