"""What counts as a trace of a municipality that left, and what is somebody else's."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.nuage_commun.platform.plugins.modules import departed_realm, departure_traces

DOMAINS = ["www.sutton.example", "sutton.example"]


@pytest.fixture
def look() -> departure_traces.Look:
    return departure_traces.Look("46058", DOMAINS)


@pytest.mark.parametrize(
    "text",
    [
        "t46058",
        "46058-apps.json",
        "nuage-wordpress@46058.socket",
        "t46058:x:346058:346058::/nonexistent:/usr/sbin/nologin",
        "www.sutton.example.d2e7713de3c4",
        "server_name sutton.example;",
        "https://www.sutton.example/",
    ],
)
def test_a_trace(look: departure_traces.Look, text: str) -> None:
    assert look.mark.search(text)
    assert look.text.search(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "t46059",
        "146058",
        "460580",
        "sutton.example.org",
        "sutton.example.org.d2e7713de3c4",
        "nouvelle-sutton.example",
    ],
)
def test_somebody_elses(look: departure_traces.Look, text: str) -> None:
    assert not look.mark.search(text)
    assert not look.text.search(text.encode())


def test_below_a_municipalitys_own_place_nothing_is_looked_at(
    look: departure_traces.Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "srv/tenants/t46010/46058").mkdir(parents=True)
    (tmp_path / "srv/tenants/t46058").mkdir()
    (tmp_path / "srv/oubli-46058").touch()
    monkeypatch.setattr(departure_traces, "NAMES", (f"{tmp_path}/srv",))
    monkeypatch.setattr(
        departure_traces, "OTHERS", departure_traces.re.compile(rf"{tmp_path}/srv/tenants/[^/]+")
    )
    assert sorted(look.names()) == [f"{tmp_path}/srv/oubli-46058", f"{tmp_path}/srv/tenants/t46058"]


def test_a_realms_places_are_its_own() -> None:
    assert all("{code}" in pattern for pattern in (*departed_realm.DOORS, *departed_realm.PLACES))
