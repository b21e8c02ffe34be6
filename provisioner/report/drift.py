"""What differs from what was asked, per host."""

from __future__ import annotations

import difflib
import json
from typing import Any

from provisioner import messages
from provisioner.errors import DifferenceError
from provisioner.execution.runner import Run
from provisioner.report import run as runs
from provisioner.report.run import Label
from provisioner.report.table import printable


def _different(done: Run) -> list[Any]:
    return [result for result in done.results.hosts.values() if result.changes and not result.failed]


def _lines(diff: dict[str, Any]) -> list[str]:
    if "prepared" in diff:
        return str(diff["prepared"]).splitlines()
    before, after = str(diff.get("before", "")), str(diff.get("after", ""))
    name = str(diff.get("before_header") or diff.get("after_header") or "")
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="", n=1)
    return list(found)


def text(done: Run, label: Label) -> str:
    """Each host that differs, the steps that would change it, and their diffs."""
    different = _different(done)
    parts = []
    for result in different:
        parts.append(label(result.host))
        parts += [f"  {messages.text('drift.step', task=task)}" for task in result.changes]
        parts += [f"    {printable(line)}" for diff in result.diffs for line in _lines(diff)]
    failed = [result for result in done.results.hosts.values() if result.failed]
    parts += [f"{label(result.host)}: {printable(runs.reason(result.problem))}" for result in failed]
    if not parts:
        return messages.text("drift.none", count=len(done.results.hosts))
    return "\n".join(parts)


def as_json(done: Run) -> str:
    """Keys for programs."""
    return json.dumps(
        {result.host: {"changes": result.changes, "diffs": result.diffs} for result in _different(done)},
        indent=2,
        sort_keys=True,
    )


def judge(done: Run) -> None:
    """Nothing when nothing differs.

    Raises:
        DifferenceError: something differs.
        PartialFailureError: something couldn't be compared.
    """
    different = _different(done)
    if any(result.failed for result in done.results.hosts.values()):
        runs.judge(done)
    if different:
        raise DifferenceError("drift.found", count=len(different))
