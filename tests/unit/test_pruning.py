"""Which copies are over: by arrival, apart for each of a municipality's servers, and never the last ones."""

from __future__ import annotations

import itertools

from provisioner.pruning import DAY_S, LEAST, Copy, forgotten

NOW = 20_000 * DAY_S


def nightly(host: str, ages: range) -> list[Copy]:
    return [Copy(f"{host}-{age}", host, NOW - age * DAY_S - 60) for age in ages]


def test_a_month_is_kept_whole_then_one_a_week_then_nothing() -> None:
    copies = nightly("46005-apps", range(400))
    gone = set(forgotten(copies, NOW, 365))
    kept = [copy for copy in copies if copy.id not in gone]
    ages = sorted(int((NOW - copy.arrived) // DAY_S) for copy in kept)
    assert ages[:30] == list(range(30))
    assert max(ages) < 365
    later = [age for age in ages if age >= 31]
    assert all(after - before == 7 for before, after in itertools.pairwise(later))


def test_the_same_ones_stay_as_time_goes_on() -> None:
    """A copy that was forgotten on one day isn't what another day would have kept."""
    copies = nightly("46005-apps", range(200))
    gone = set(forgotten(copies, NOW, 365))
    left = [copy for copy in copies if copy.id not in gone]
    assert not forgotten(left, NOW, 365)
    for days in range(1, 60):
        over = set(forgotten(left, NOW + days * DAY_S, 365))
        left = [copy for copy in left if copy.id not in over]
    weeks = {int(copy.arrived // (7 * DAY_S)) for copy in copies}
    assert {int(copy.arrived // (7 * DAY_S)) for copy in left} == weeks


def test_each_server_of_a_municipality_counts_by_itself() -> None:
    copies = nightly("46005-apps", range(100)) + nightly("46005-identity", range(100))
    gone = forgotten(copies, NOW, 60)
    assert sum(name.startswith("46005-apps") for name in gone) * 2 == len(gone)


def test_the_last_ones_stay_whatever_their_age() -> None:
    copies = nightly("46005-apps", range(1000, 1010))
    assert len(forgotten(copies, NOW, 7)) == len(copies) - LEAST
    assert forgotten([], NOW, 7) == []
