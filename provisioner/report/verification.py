"""Which checks of live hosts held."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from provisioner import messages
from provisioner.errors import DifferenceError
from provisioner.report.run import Label
from provisioner.report.table import grid, printable
from provisioner.verification.run import Verdict


def table(verdicts: Sequence[Verdict], label: Label) -> str:
    """A line per host, and beneath it what each failed check said."""
    headers = [messages.text(f"verify.column-{name}") for name in ("host", "passed", "failed", "skipped")]
    rows = [
        [label(verdict.host), str(verdict.passed), str(len(verdict.failed)), str(verdict.skipped)]
        for verdict in verdicts
    ]
    failures = [
        f"  {label(verdict.host)}  {name}: {printable(why)}"
        for verdict in verdicts
        for name, why in verdict.failed.items()
    ]
    ending = (
        [] if failures else [messages.text("verify.all-good", count=sum(each.passed for each in verdicts))]
    )
    return "\n".join([grid(headers, rows), "", *failures, *ending]).rstrip()


def as_json(verdicts: Sequence[Verdict]) -> str:
    """Keys for programs."""
    return json.dumps([asdict(verdict) for verdict in verdicts], indent=2, sort_keys=True)


def judge(verdicts: Sequence[Verdict]) -> None:
    """Nothing when every check held, and there was one.

    Raises:
        DifferenceError: some check didn't hold, or none was made.
    """
    failed = sum(len(verdict.failed) for verdict in verdicts)
    if failed or not sum(verdict.passed for verdict in verdicts):
        raise DifferenceError("verify.failures", count=failed)
