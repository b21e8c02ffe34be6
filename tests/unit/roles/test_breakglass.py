# SPDX-License-Identifier: AGPL-3.0-or-later
"""The server's side of break-glass: what is noted, opened, closed and tried again."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.programs import loaded

ROOT = Path(__file__).parent.parent.parent.parent
PROGRAM = ROOT / "roles/server_php/files/usr/local/lib/nuage/breakglass.py"
ASKED = {
    "code": "46005",
    "service": "wordpress",
    "account": "secours-abc123",
    "password": "abcdef-abcdef-abcdef-abcdef",
    "operator": "ops@control",
    "reason": "the realm is down",
    "seconds": 600,
}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program, on a server of its own; ``server.done`` is what the service's program was asked."""
    module = loaded(PROGRAM)
    for name in ("NOTES", "DOORS"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(module, name, tmp_path / name)
    done: list[dict[str, Any]] = []
    said: list[str] = []
    turned: list[str] = []
    monkeypatch.setattr(module, "done", done, raising=False)
    monkeypatch.setattr(module, "said", said, raising=False)
    monkeypatch.setattr(module, "turned", turned, raising=False)
    monkeypatch.setattr(module, "carry_out", lambda code, service, request: done.append(request))
    monkeypatch.setattr(module, "group_of", lambda code, service: 0)
    monkeypatch.setattr(module.os, "fchown", lambda *_: None)
    monkeypatch.setattr(module, "say", said.append)
    monkeypatch.setattr(module, "systemctl", lambda *words: turned.append(words[0]))
    return module


LATER = time.time() + 24 * 3600


def later() -> float:
    """Its time is over."""
    return LATER


def door(server: ModuleType) -> dict[str, Any] | None:
    path = server.DOORS / "46005-wordpress.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def test_an_account_is_made_noted_and_let_in(server: ModuleType) -> None:
    server.begin(dict(ASKED))
    assert server.done == [
        {"do": "make", "account": ASKED["account"], "password": ASKED["password"]},
    ]
    opened = door(server)
    assert opened is not None
    assert opened["user"] == ASKED["account"]
    assert 590 < opened["until"] - time.time() <= 600
    assert server.turned == ["enable"]
    kept = (server.NOTES / "46005-wordpress.json").read_text("utf-8")
    assert "ops@control" in kept
    assert ASKED["password"] not in kept + "".join(server.said)


def test_a_second_one_is_refused(server: ModuleType) -> None:
    server.begin(dict(ASKED))
    with pytest.raises(server.RefusedError, match="already-open"):
        server.begin({**ASKED, "account": "secours-def456"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code", "../46"),
        ("service", "keycloak"),
        ("account", "admin"),
        ("account", "secours-ABC123"),
        ("password", "short"),
        ("reason", ""),
        ("reason", "two\nlines"),
        ("operator", 1),
        ("seconds", 0),
        ("seconds", 10**6),
        ("seconds", "600"),
    ],
)
def test_what_is_not_expected_is_refused_before_anything(
    server: ModuleType, name: str, value: object
) -> None:
    with pytest.raises(server.RefusedError, match=f"bad-{name}"):
        server.begin({**ASKED, name: value})
    assert server.done == []
    assert server.notes() == []


def test_what_could_not_be_made_is_removed_and_nobody_let_in(
    server: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_code: str, _service: str, request: dict[str, Any]) -> None:
        server.done.append(request)
        if request["do"] == "make":
            raise OSError("no database")

    monkeypatch.setattr(server, "carry_out", fail)
    with pytest.raises(OSError, match="no database"):
        server.begin(dict(ASKED))
    assert [request["do"] for request in server.done] == ["make", "remove"]
    assert server.notes() == []
    assert door(server) is None


def test_it_ends_when_asked(server: ModuleType) -> None:
    server.begin(dict(ASKED))
    server.end({"code": "46005", "service": "wordpress", "operator": "ops@control"})
    assert server.done[-1] == {"do": "remove", "account": ASKED["account"]}
    assert door(server) is None
    with pytest.raises(server.RefusedError, match="not-open"):
        server.end({"code": "46005", "service": "wordpress", "operator": "ops@control"})


def test_the_sweep_removes_what_is_over_and_leaves_the_rest(
    server: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.begin(dict(ASKED))
    server.sweep()
    assert door(server) is not None
    monkeypatch.setattr(server.time, "time", later)
    server.sweep()
    assert door(server) is None
    assert server.notes() == []
    assert server.turned == ["enable", "disable"]


def test_what_cannot_be_removed_is_shut_out_and_tried_again(
    server: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.begin(dict(ASKED))
    monkeypatch.setattr(server.time, "time", later)

    def fail(*_: object) -> None:
        raise OSError("no database")

    with monkeypatch.context() as broken:
        broken.setattr(server, "carry_out", fail)
        with pytest.raises(SystemExit):
            server.sweep()
    assert door(server) is None
    assert len(server.notes()) == 1
    server.sweep()
    assert server.notes() == []
