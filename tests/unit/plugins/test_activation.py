"""What is done to units, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import activation

SOCKET = "nuage-wordpress@46005.socket"
TIMER = "nuage-wordpress-cron@46005.timer"


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Every program that is run; none of them does anything."""
    made: list[list[str]] = []
    monkeypatch.setattr(activation, "PENDING", tmp_path / "pending")
    activation.PENDING.mkdir()
    monkeypatch.setattr(activation, "runs", lambda unit: True)
    monkeypatch.setattr(activation, "run", made.append)
    monkeypatch.setattr(activation, "wanted_units", lambda: {SOCKET, TIMER})
    monkeypatch.setattr(activation, "present_units", lambda: {SOCKET, TIMER})
    return made


def note(*names: str) -> None:
    for name in names:
        (activation.PENDING / name).touch()


def test_a_socket_is_made_again_only_when_what_it_woke_has_stopped(calls: list[list[str]]) -> None:
    note("systemd", "restart:nuage-wordpress@*.socket")
    activation._activate()
    assert calls == [
        ["systemctl", "stop", "nuage-wordpress@*.socket", "nuage-wordpress-php@*.service"],
        ["systemctl", "daemon-reload"],
        ["systemctl", "start", TIMER, SOCKET],
    ]
    assert list(activation.PENDING.iterdir()) == []


def test_nobody_waits_for_the_end_of_a_municipality_s_requests(calls: list[list[str]]) -> None:
    note("restart:nuage-wordpress-php@46005.service", "restart:mariadb.service")
    activation._activate()
    assert calls == [
        ["systemctl", "start", TIMER, SOCKET],
        ["systemctl", "try-restart", "mariadb.service"],
        ["systemctl", "--no-block", "try-restart", "nuage-wordpress-php@46005.service"],
    ]


def test_a_restart_that_failed_is_asked_for_again_and_nothing_else(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(arguments: list[str]) -> None:
        if "try-restart" in arguments:
            raise activation.ProgramError("no")

    monkeypatch.setattr(activation, "run", run)
    note("systemd", "restart:mariadb.service")
    done = activation._activate()
    assert done["failed_units"] == {"mariadb.service": "no"}
    assert [path.name for path in activation.PENDING.iterdir()] == ["restart:mariadb.service"]


def test_a_suspended_site_stops_at_once(calls: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activation, "wanted_units", set)
    activation._activate()
    assert calls == [
        ["systemctl", "--no-block", "disable", "--now", TIMER, SOCKET],
        [
            "systemctl",
            "--no-block",
            "stop",
            "nuage-wordpress-cron@46005.service",
            "nuage-wordpress-php@46005.service",
        ],
    ]


def test_nginx_that_kept_its_workers_is_started_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can't change a zone that its workers share, and its reload doesn't say so."""
    made: list[list[str]] = []
    monkeypatch.setattr(activation, "run", made.append)
    monkeypatch.setattr(activation, "PATIENCE", 0)
    monkeypatch.setattr(activation, "nginx_workers", lambda: frozenset({"7"}))
    activation.reload_nginx()
    assert made == [
        ["systemctl", "reload-or-restart", "nginx.service"],
        ["systemctl", "restart", "nginx.service"],
    ]


def test_nginx_that_changed_its_workers_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[list[str]] = []
    workers = iter([frozenset({"7"}), frozenset({"8"})])
    monkeypatch.setattr(activation, "run", made.append)
    monkeypatch.setattr(activation, "nginx_workers", lambda: next(workers))
    activation.reload_nginx()
    assert made == [["systemctl", "reload-or-restart", "nginx.service"]]
