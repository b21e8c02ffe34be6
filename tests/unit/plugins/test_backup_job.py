"""A backup on demand: of now, not of another run that happened to be under way."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nuage_commun.platform.plugins.modules import backup_job

NAME = "46005-apps"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("STATE", "ASKED"):
        monkeypatch.setattr(backup_job, name, tmp_path)
    monkeypatch.setattr(backup_job, "write_atomic", lambda path, content, mode: None)
    return tmp_path / f"{NAME}.json"


def write(path: Path, run: str, age: float = 0, failure: dict[str, Any] | None = None) -> None:
    path.write_text(json.dumps({"success": {"run": run, "at": time.time() - age}, "failure": failure}))


def starts(monkeypatch: pytest.MonkeyPatch, *ends: Any) -> list[str]:
    """Each start of the unit is followed by one of these; a string is what it raises."""
    done: list[str] = []
    left = list(ends)

    def run(command: list[str], timeout: int) -> str:
        assert timeout
        done.append(command[-1])
        end = left.pop(0)
        if isinstance(end, str):
            raise backup_job.ProgramError(end)
        end()
        return ""

    monkeypatch.setattr(backup_job, "run", run)
    return done


def test_one_that_is_young_enough_is_taken(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = starts(monkeypatch, lambda: write(state, "mine"))
    write(state, "night", age=500)
    assert backup_job.make(NAME, {"run": "mine", "young_s": 900})["run"] == "night"
    assert done == []
    assert backup_job.make(NAME, {"run": "mine", "young_s": 300})["run"] == "mine"


def test_another_run_is_waited_for_and_followed(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = starts(monkeypatch, lambda: write(state, "night"), lambda: write(state, "mine"))
    assert backup_job.make(NAME, {"run": "mine"})["run"] == "mine"
    assert len(done) == 2


def test_its_own_failure_is_said_at_once(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(state, "night", failure={"run": "mine", "key": "backup.keeper-gone", "detail": "refused"})
    done = starts(monkeypatch, *["failed"] * 3)
    with pytest.raises(backup_job.FailedError) as caught:
        backup_job.make(NAME, {"run": "mine"})
    assert (caught.value.key, len(done)) == ("backup.keeper-gone", 1)
    write(state, "night", failure={"run": "night", "key": "backup.keeper-gone", "detail": "refused"})
    with pytest.raises(backup_job.ProgramError):
        backup_job.make(NAME, {"run": "mine"})
    assert len(done) == 3
