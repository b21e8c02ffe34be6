"""Realms of a server exported together: one start of Keycloak's program for a run, and each takes its own file."""

from __future__ import annotations

import importlib
import json
import os
import pwd
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "roles/server_backup/files/usr/local/lib/nuage/backup"
RUN = {"run": "20261130T010000Z", "together": True}


class Exports:
    """Keycloak's program, as far as the files go that it leaves."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.asked: list[str] = []
        self.realms = ["master", "46005", "46025"]
        self.broken = False

    def __call__(self, folder: Path, longest: int, more: tuple[str, ...], *words: str) -> None:
        assert longest > 0
        if "--realm" in words:
            code = words[words.index("--realm") + 1]
            self.asked.append(code)
            (folder / "realm.json").write_text(f"{code} alone")
            return
        self.asked.append("all")
        if self.broken:
            raise self.module.BackupError("backup.identity-failed", "one realm is broken")
        assert words[words.index("--users") + 1] == "realm_file", "people are in the realm's own file"
        (lending,) = more
        for realm in self.realms:
            Path(lending.removeprefix("BindPaths=").partition(":")[0], f"{realm}-realm.json").write_text(
                realm
            )


@pytest.fixture
def realms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    sys.path.insert(0, str(FOLDER))
    try:
        module = importlib.import_module("realms")
        for name in ("KEPT", "ASKED", "SETTINGS"):
            monkeypatch.setattr(module, name, tmp_path / name.lower())
        (tmp_path / "settings").mkdir()
        for code in ("46005", "46025", "46030"):
            (tmp_path / "settings" / f"{code}-identity.json").touch()
        (tmp_path / "pgpass").write_text("x")
        monkeypatch.setattr(module, "PASSWORD", tmp_path / "pgpass")
        (tmp_path / "lent").mkdir()
        monkeypatch.setattr(
            module, "lent", lambda: importlib.import_module("contextlib").nullcontext(_fresh(tmp_path))
        )
        monkeypatch.setattr(pwd, "getpwnam", lambda name: pwd.getpwuid(os.getuid()))
        yield module
    finally:
        sys.path.remove(str(FOLDER))
        for name in ("realms", "settings"):
            sys.modules.pop(name, None)


def _fresh(folder: Path) -> Path:
    made = folder / "lent" / str(len(list((folder / "lent").iterdir())))
    made.mkdir()
    return made


@pytest.fixture
def exports(realms: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Exports:
    made = Exports(realms)
    monkeypatch.setattr(realms, "keycloak", made)
    return made


def test_those_of_a_run_share_one_export(realms: ModuleType, exports: Exports, tmp_path: Path) -> None:
    first = realms.export("46005", tmp_path / "a", RUN)
    second = realms.export("46025", tmp_path / "b", RUN)
    assert exports.asked == ["all"]
    assert first == second, "both say the moment that they are of"
    assert [(tmp_path / name).read_text() for name in "ab"] == ["46005", "46025"]
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    # Nothing of what was taken stays, nor of the realm of the deployments' own account.
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["note.json"]


def test_another_run_and_an_old_one_export_anew(
    realms: ModuleType, exports: Exports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    realms.export("46005", tmp_path / "a", RUN)
    realms.export("46025", tmp_path / "b", {**RUN, "run": "20261130T010001Z"})
    assert exports.asked == ["all", "all"]
    note = json.loads((tmp_path / "kept" / "note.json").read_text())
    later = note["at"] + realms.FRESH_S + 1
    monkeypatch.setattr(realms.time, "time", lambda: later)
    assert realms.export("46005", tmp_path / "c", {**RUN, "run": note["run"]}) == later
    assert exports.asked == ["all"] * 3


def test_one_that_is_asked_for_alone_is_of_now(realms: ModuleType, exports: Exports, tmp_path: Path) -> None:
    realms.export("46005", tmp_path / "a", RUN)
    realms.export("46025", tmp_path / "b", {"run": RUN["run"], "together": False})
    assert exports.asked == ["all", "46025"]
    assert (tmp_path / "b").read_text() == "46025 alone"


@pytest.mark.parametrize("broken", [False, True])
def test_what_is_not_in_the_export_of_all_is_tried_alone(
    realms: ModuleType, exports: Exports, tmp_path: Path, broken: bool
) -> None:
    exports.broken = broken
    realms.export("46030", tmp_path / "a", RUN)
    assert exports.asked == ["all", "46030"]
    realms.export("46005", tmp_path / "b", RUN)
    assert exports.asked == ["all", "46030", *(["46005"] if broken else [])], "all isn't tried again"
    assert not (tmp_path / "kept" / "raw").exists()


def test_what_nobody_took_goes(
    realms: ModuleType, exports: Exports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = realms.export("46005", tmp_path / "a", RUN)
    realms.forget_old()
    assert (tmp_path / "kept" / "46025.json").exists()
    monkeypatch.setattr(realms.time, "time", lambda: at + realms.FRESH_S + 1)
    realms.forget_old()
    assert not (tmp_path / "kept").exists()
    assert exports.asked == ["all"]


def test_a_link_of_keycloaks_account_is_not_followed(realms: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of root's")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic"):
        realms.own(tmp_path / "link", tmp_path / "target")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(realms.BackupError):
        realms.own(tmp_path / "pipe", tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_the_night_goes_on_past_a_failure(
    realms: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    def start(command: list[str], check: bool) -> Any:
        assert not check
        started.append(command[-1])
        asked = json.loads((tmp_path / "asked" / f"{command[-1][13:27]}.json").read_text())
        assert asked == {"run": "now", "reason": "nightly", "together": True}
        return type("Done", (), {"returncode": int("46025" in command[-1])})

    monkeypatch.setattr(realms.subprocess, "run", start)
    assert realms.night("now") == ["46025-identity"]
    assert started == [f"nuage-backup@{code}-identity.service" for code in ("46005", "46025", "46030")]
