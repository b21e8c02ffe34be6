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
        ["systemctl", "stop", "nuage-wordpress@*.socket", "nuage-wordpress@*.service"],
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
            TIMER.replace("timer", "service"),
            SOCKET.replace("socket", "service"),
        ],
    ]
