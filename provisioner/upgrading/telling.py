"""The end of an upgrade, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from provisioner import messages
from provisioner.errors import NuageError, PartialFailureError, RefusedError
from provisioner.execution.results import Outcome
from provisioner.execution.runner import Run
from provisioner.report.run import judge as judge_run
from provisioner.report.run import reason
from provisioner.report.table import grid
from provisioner.spec.consortium import ServerRole
from provisioner.spec.tenant import Tenant
from provisioner.upgrading.chosen import Chosen, version_of

UNFIT = ("upgrading.php-unfit", "upgrading.postgresql-unfit", "upgrading.app-unfit", "upgrading.cannot-tell")
"""Nothing was touched."""


@dataclass(frozen=True)
class Row:
    """What became of one municipality: `upgraded`, `returned`, `failed`, `refused` or `waiting`."""

    code: str
    name: str
    ring: str
    was: str
    version: str
    outcome: str
    reason: str
    """Key of a message."""
    text: str
    """In words, for people."""


def rows(going: Sequence[Tenant], before: Chosen, after: Chosen, done: Run) -> tuple[Row, ...]:
    """One for each, in their order."""
    found = []
    for tenant in going:
        host = f"{tenant.code}-{ServerRole.APPS}"
        result = done.results.hosts[host]
        key = result.problem.key if result.problem else ""
        if key in UNFIT:
            outcome = "refused"
        elif key == "upgrading.returned":
            outcome = "returned"
        elif result.outcome in (Outcome.FAILED, Outcome.UNREACHABLE, Outcome.INTERRUPTED):
            outcome = "failed"
        else:
            outcome = "upgraded" if result.upgrade.get("phase") == "passed" else "waiting"
        was, now = (version_of(each.release_of(tenant.code)) for each in (before, after))
        text = reason(result.problem)
        found.append(Row(tenant.code, tenant.name, tenant.ring, was, now, outcome, key, text))
    return tuple(found)


def as_json(found: Sequence[Row]) -> str:
    """Keys for programs, and no prose."""
    return json.dumps(
        [{name: value for name, value in asdict(row).items() if name != "text"} for row in found],
        ensure_ascii=False,
        indent=2,
        sort_keys=True,
    )


def table(found: Sequence[Row], seconds: float, log: str) -> str:
    """For people."""
    columns = ("name", "ring", "was", "version", "outcome", "reason")
    cells = [
        [
            row.name,
            row.ring,
            row.was,
            row.version,
            messages.text(f"upgrading.outcome-{row.outcome}"),
            row.text,
        ]
        for row in found
    ]
    count = sum(row.outcome == "upgraded" for row in found)
    summary = messages.text("upgrading.summary", count=count, total=len(found), seconds=seconds)
    shown = grid([messages.text(f"upgrading.column-{name}") for name in columns], cells)
    return f"{shown}\n\n{summary}\n{messages.text('apply.log', path=log)}"


def judge(done: Run, settled: Run | None) -> None:
    """Nothing when all went over.

    Raises:
        RefusedError: the release doesn't fit, and nobody was touched.
        PartialFailureError: some didn't go over.
        NuageError: a server didn't answer, or the run was interrupted.
    """
    problems = [each.problem for each in done.results.hosts.values() if each.problem]
    if problems and all(problem.key in UNFIT for problem in problems):
        raise RefusedError.of(problems)
    gone = [each for each in problems if each.key == "upgrading.returned"]
    if gone:
        raise PartialFailureError.of(gone)
    judge_run(done)
    if settled is not None:
        judge_run(settled)
    elif done.code == 0 and done.status != "successful":
        raise NuageError("apply.ansible-failed", file=str(done.log))
