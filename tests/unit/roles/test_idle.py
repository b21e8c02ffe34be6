"""Which municipalities' PHP is let sleep; systemd and /proc are played by this test."""

import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.programs import loaded

SOURCE = Path(__file__).parents[3] / "roles/server_php/files/usr/local/lib/nuage/idle.py"
UNIT = "nuage-wordpress-php@46005.service"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = loaded(SOURCE)
    monkeypatch.setattr(module, "MARKS", tmp_path / "marks")
    monkeypatch.setattr(module, "PROC", tmp_path / "proc")
    children(module, "")
    return module


def children(program: ModuleType, text: str, master: str = "17") -> None:
    folder = program.PROC / master / "task" / master
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "children").write_text(text)


def later(program: ModuleType, seconds: float) -> float:
    return float((program.MARKS / UNIT).stat().st_mtime) + seconds


def test_one_just_seen_stays(program: ModuleType) -> None:
    assert program.idle({UNIT: "17"}, 300, 0) == []


def test_one_without_workers_for_so_long_sleeps(program: ModuleType) -> None:
    program.idle({UNIT: "17"}, 300, 0)
    assert program.idle({UNIT: "17"}, 300, later(program, 299)) == []
    assert program.idle({UNIT: "17"}, 300, later(program, 300)) == [UNIT]


def test_one_that_works_starts_its_time_again(program: ModuleType) -> None:
    program.idle({UNIT: "17"}, 300, 0)
    children(program, "18 19 ")
    assert program.idle({UNIT: "17"}, 300, later(program, 1000)) == []


def test_a_master_that_is_gone_is_left_alone(program: ModuleType) -> None:
    program.idle({UNIT: "99"}, 0, 0)
    assert program.idle({UNIT: "99"}, 0, later(program, 1)) == []


def test_the_mark_of_one_that_stopped_goes(program: ModuleType) -> None:
    program.idle({UNIT: "17"}, 300, 0)
    program.idle({}, 300, 0)
    assert list(program.MARKS.iterdir()) == []


def test_a_resident_one_is_nobody_s_business(program: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    said = (
        f"Id={UNIT}\nMainPID=17\nUnitFileState=static\n\n"
        "Id=nuage-nextcloud-php@46005.service\nMainPID=18\nUnitFileState=enabled\n"
    )
    monkeypatch.setattr(
        subprocess, "run", lambda *_args, **_words: subprocess.CompletedProcess([], 0, stdout=said)
    )
    assert program.woken() == {UNIT: "17"}


def test_nothing_awake(program: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        subprocess, "run", lambda *_args, **_words: subprocess.CompletedProcess([], 0, stdout="")
    )
    assert program.woken() == {}
