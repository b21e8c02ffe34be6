"""Before what may go wrong: whose copy is made first, and who has no keeper."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from provisioner import backups, beforehand, deployment
from provisioner.errors import PartialFailureError, Problem
from provisioner.execution.results import Outcome, Results
from provisioner.execution.runner import Run
from provisioner.planning.model import Change, Create, Plan, Remove

HOSTS = {
    "46005-apps": {"tenant_backup_keeper": "garde1"},
    "46005-identity": {"tenant_backup_keeper": "garde1"},
    "46025-apps": {},
    "srv1": {},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "hosts.json").write_text(json.dumps({"all": {"hosts": HOSTS}}))
    return tmp_path


def test_what_is_on_servers_now_is_copied(folder: Path, tmp_path: Path) -> None:
    wanted = beforehand.wanted(folder, ["46005", "46025", "46030"])
    assert wanted.kept == {"46005-apps", "46005-identity"}
    assert wanted.bare == {"46025-apps"}
    assert beforehand.wanted(folder, ["46005"], ["apps"]).kept == {"46005-apps"}
    assert beforehand.wanted(tmp_path / "nowhere", ["46005"]).kept == frozenset()


def test_removals_and_lost_people_are_risky() -> None:
    who: dict[str, Any] = {"slug": "x", "server": "srv1"}
    plan = Plan.model_construct(
        actions=(
            Create(host="46005-apps", code="46005", reasons=("new",), **who),
            Change(host="46025-apps", code="46025", reasons=("spec-changed",), **who),
            Change(host="46030-identity", code="46030", reasons=("directory-gone",), **who),
            Remove(host="46035-apps", code="46035", reasons=("spec-gone",), **who),
        )
    )
    assert beforehand.risky(plan) == {"46030", "46035"}


def test_one_that_has_no_copy_keeps_all_from_beginning(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = Results({"46005-apps": "srv1", "46005-identity": "srv1", "srv1": "srv1"})
    results.backups = {"46005-identity": {"at": 1}}
    results.hosts["46005-apps"].outcome = Outcome.FAILED
    results.hosts["46005-apps"].problem = Problem(
        "backup.keeper-gone", subject="46005-apps", context={"host": "46005-apps", "detail": "refused"}
    )
    asked: dict[str, Any] = {}

    def carry_out(*words: Any, only: frozenset[str]) -> Run:
        asked.update(words[2], only=only)
        return cast("Run", SimpleNamespace(results=results, log="log", status="failed", code=2))

    monkeypatch.setattr(backups, "carry_out", carry_out)
    hosts = beforehand.wanted(folder, ["46005"]).kept
    with pytest.raises(PartialFailureError) as caught:
        beforehand.take(folder, deployment.Options(), hosts, "upgrade", lambda event: None)
    (problem,) = caught.value.problems
    assert (problem.key, problem.context["code"]) == ("backup.before-failed", "46005")
    assert "refused" in str(problem.context["detail"])
    assert (asked["reason"], asked["young_s"], asked["only"]) == ("before-upgrade", 900, {"46005"})
    results.backups["46005-apps"] = {"at": 1}
    beforehand.take(folder, deployment.Options(), hosts, "upgrade", lambda event: None)
