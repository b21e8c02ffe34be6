from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.errors import MachineError, RefusedError
from provisioner.requests import staging

FILES = {f"m{number}.yml": f"text {number}\n" for number in range(5)}


class Crash(BaseException):
    """Stands for SIGKILL: nothing may handle it."""


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def stop_at(count: int, real: Callable[..., object], error: BaseException) -> Callable[..., object]:
    calls = 0

    def stop(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls > count:
            raise error
        return real(*arguments)

    return stop


def test_everything_is_written_and_nothing_else_remains(tmp_path: Path) -> None:
    (tmp_path / "there.yml").write_text("before\n")
    staging.write_all(tmp_path, FILES)
    assert content(tmp_path) == {"there.yml": "before\n", **FILES}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["there.yml", *FILES])


def test_an_existing_file_is_kept_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "m3.yml").write_text("before\n")
    with pytest.raises(RefusedError) as caught:
        staging.write_all(tmp_path, FILES)
    assert caught.value.problems[0].key == "request.file-exists"
    assert content(tmp_path) == {"m3.yml": "before\n"}


@pytest.mark.parametrize("moves", range(len(FILES) + 2))
def test_a_crash_while_moving_is_finished_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", stop_at(moves, Path.rename, Crash()))
        try:
            staging.write_all(tmp_path, FILES)
        except Crash:
            pass
        else:
            assert moves > len(FILES)
    staging.recover(tmp_path)
    assert content(tmp_path) == (FILES if moves else {})
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("syncs", range(len(FILES) + 1))
def test_a_crash_while_preparing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, syncs: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", stop_at(syncs, os.fsync, Crash()))
        with pytest.raises(Crash):
            staging.write_all(tmp_path, FILES)
    assert content(tmp_path) == {}
    staging.recover(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("moves", range(len(FILES) + 1))
def test_an_error_while_moving_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", stop_at(moves, Path.rename, OSError(5, "I/O")))
        with pytest.raises(MachineError):
            staging.write_all(tmp_path, FILES)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", stop_at(3, os.fsync, OSError(28, "full")))
    with pytest.raises(MachineError) as caught:
        staging.write_all(tmp_path / "tenants", FILES)
    assert caught.value.problems[0].key == "files.cannot-write"
    assert list((tmp_path / "tenants").iterdir()) == []


def test_a_file_made_by_hand_since_a_crash_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / staging.DECIDED).mkdir()
    (tmp_path / staging.DECIDED / "m1.yml").write_text("import\n")
    (tmp_path / "m1.yml").write_text("by hand\n")
    with pytest.raises(RefusedError) as caught:
        staging.recover(tmp_path)
    assert caught.value.problems[0].key == "request.file-in-the-way"
    assert (tmp_path / "m1.yml").read_text() == "by hand\n"
    assert (tmp_path / staging.DECIDED / "m1.yml").read_text() == "import\n"
