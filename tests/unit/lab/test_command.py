"""`nuage lab` where there is no lab, or no right to have one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from provisioner.errors import MachineError, NuageError, RefusedError, UsageError
from provisioner.lab.lab import Lab


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUAGE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("NUAGE_CACHE", str(tmp_path / "cache"))
    return tmp_path


def key(error: pytest.ExceptionInfo[NuageError]) -> str:
    return error.value.problems[0].key


def test_without_root_nothing_is_touched(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for verb in (lambda: Lab("x").up(["srv1"]), lambda: Lab("x").down(), lambda: Lab("x").kill("srv1")):
        with pytest.raises(MachineError) as caught:
            verb()
        assert key(caught) == "lab.not-root"
        assert caught.value.exit_code == 5
    assert list(nowhere.iterdir()) == []


@pytest.mark.parametrize("name", ["", "Lab", "../x", "a b", "é", "1a", "a" * 32, "a/b", "a\n"])
def test_names_that_could_hurt_are_refused(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        Lab(name)
    assert key(caught) == "lab.bad-name"


def test_a_lab_that_is_not_up_says_so() -> None:
    for verb in (lambda: Lab("x").status(), lambda: Lab("x").ssh_command("srv1")):
        with pytest.raises(MachineError) as caught:
            verb()
        assert key(caught) == "lab.not-up"


def test_a_state_file_of_another_version_is_not_guessed_at(nowhere: Path) -> None:
    file = nowhere / "state/x/lab.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"name": "x", "colour": "blue"}', encoding="ascii")
    with pytest.raises(MachineError) as caught:
        Lab("x").status()
    assert key(caught) == "lab.bad-state"


def test_the_cache_is_not_purged_under_another_lab(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    file = nowhere / "state/other/lab.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}", encoding="ascii")
    with pytest.raises(RefusedError) as caught:
        Lab("x").down(purge=True)
    assert key(caught) == "lab.cache-in-use"
