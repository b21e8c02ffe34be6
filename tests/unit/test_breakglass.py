"""Who may be asked for, what is handed on, and the record that is added to and never changed."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from provisioner import breakglass, chained, deployment
from provisioner.cli.breakglass import command
from provisioner.errors import InvalidInputError, Problem, RefusedError
from provisioner.execution.results import Outcome, Results
from provisioner.execution.runner import Run
from provisioner.spec.tenant import State, Tenant
from tests.unit.spec import samples

ASKED = breakglass.Asked("46005", "wordpress", "ops@control", "the realm is down", 30)


def sample(state: str) -> Tenant:
    found = samples.parse("tenant", samples.text(samples.TENANT))
    assert isinstance(found, Tenant)
    return found.model_copy(update={"state": State(state)})


@pytest.fixture
def tenant() -> Tenant:
    return sample("active")


def test_names_and_passwords_differ_and_have_the_form_that_servers_want() -> None:
    made = [breakglass.Asked("46005", "wordpress", "o", "r") for _ in range(50)]
    assert len({asked.password for asked in made}) == len({asked.account for asked in made}) == 50
    assert all(len(asked.password) == 27 for asked in made)
    assert ASKED.password not in repr(ASKED)


@pytest.mark.parametrize("reason", ["", "  ", "ab", "x" * 501, "a\x1b[31mred"])
def test_a_reason_says_something(tenant: Tenant, reason: str) -> None:
    with pytest.raises(InvalidInputError):
        breakglass.checked("abercorn", tenant, "wordpress", reason)


def test_a_reason_is_one_line(tenant: Tenant) -> None:
    assert breakglass.checked("abercorn", tenant, "wordpress", " two\n lines ") == "two lines"


def test_a_service_must_be_in_the_spec(tenant: Tenant) -> None:
    with pytest.raises(InvalidInputError):
        breakglass.checked("abercorn", tenant, "keycloak", "the realm is down")


@pytest.mark.parametrize("state", ["requested", "suspended"])
def test_services_must_be_at_work(state: str) -> None:
    with pytest.raises(RefusedError):
        breakglass.checked("abercorn", sample(state), "wordpress", "the realm is down")


def test_the_record_is_only_added_to(tmp_path: Path) -> None:
    path = tmp_path / breakglass.RECORD
    breakglass.note(tmp_path, "asked", "abercorn", ASKED, minutes=30)
    first = path.read_bytes()
    breakglass.note(tmp_path, "opened", "abercorn", ASKED, until=1)
    assert path.read_bytes().startswith(first)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = path.read_bytes().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["asked", "opened"]
    assert ASKED.password not in path.read_text("utf-8")
    assert chained.broken(lines) is None
    changed = [lines[0].replace(b"ops", b"abc"), lines[1]]
    assert chained.broken(changed) == 2
    assert chained.broken(lines[1:]) == 1
    assert chained.broken([*lines, b"{"]) == 3


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What the playbook was handed; the server says yes."""
    handed: list[dict[str, Any]] = []

    def run(folder: Path, playbook: str, *_: object, only: frozenset[str] = frozenset()) -> Run:
        assert ASKED.password not in str(os.environ)
        request = json.loads(Path(os.environ["NUAGE_BREAKGLASS"]).read_text())
        handed.append({**request, "playbook": playbook, "only": only})
        results = Results({"46005-apps": "srv1"})
        results.breakglass["46005-apps"] = [{**request, "until": 1_800_000_000}]
        return Run(results, "successful", 0, folder / "log")

    monkeypatch.setattr(deployment, "run_playbook", run)
    yield handed
    assert "NUAGE_BREAKGLASS" not in os.environ


def test_what_is_asked_is_handed_on_and_forgotten(tmp_path: Path, runs: list[dict[str, Any]]) -> None:
    breakglass.carry_out(tmp_path, deployment.Options(), "open", ASKED)
    assert runs[0]["do"] == "open"
    assert runs[0]["only"] == {"46005"}
    assert runs[0]["password"] == ASKED.password
    assert runs[0]["seconds"] == 1800


@pytest.mark.parametrize(
    ("outcome", "key", "code"),
    [
        (Outcome.FAILED, "breakglass.already-open", 4),
        (Outcome.FAILED, "breakglass.failed", 8),
        (Outcome.UNREACHABLE, "apply.unreachable", 6),
    ],
)
def test_exit_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, key: str, code: int
) -> None:
    def run(*_: object, **__: object) -> Run:
        results = Results({"46005-apps": "srv1"})
        results.hosts["46005-apps"].outcome = outcome
        results.hosts["46005-apps"].problem = Problem(key)
        return Run(results, "failed", 2, tmp_path / "log")

    monkeypatch.setattr(deployment, "run_playbook", run)
    with pytest.raises(Exception) as caught:
        breakglass.carry_out(tmp_path, deployment.Options(), "open", ASKED)
    assert getattr(caught.value, "exit_code", None) == code


def test_never_deployed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        deployment, "run_playbook", lambda *_, **__: Run(Results({}), "successful", 0, tmp_path)
    )
    with pytest.raises(RefusedError):
        breakglass.carry_out(tmp_path, deployment.Options(), "end", ASKED)


def test_a_municipality_is_a_verb_of_its_own() -> None:
    runner = CliRunner()
    assert "--reason" in runner.invoke(command, ["abercorn", "wordpress", "--help"]).output
    assert runner.invoke(command, ["abercorn", "wordpress"]).exit_code == 2
    assert "--reason" not in runner.invoke(command, ["end", "--help"]).output
