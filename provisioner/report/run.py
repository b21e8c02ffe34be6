"""The end of a run, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from provisioner import messages
from provisioner.errors import NuageError, PartialFailureError, Problem, UnreachableError
from provisioner.execution.results import HostResult, Outcome
from provisioner.execution.runner import Run
from provisioner.report.table import grid
from provisioner.spec.consortium import ServerRole
from provisioner.spec.tenant import Tenant

Label = Callable[[str], str]
LISTED = 60
"""Beyond this many, unchanged municipalities are counted rather than listed."""


def labels(tenants: Mapping[str, Tenant]) -> Label:
    """How people know an inventory host: a municipality's name and code, or a server."""
    names = {tenant.code: tenant.name for tenant in tenants.values()}

    def label(host: str) -> str:
        code, _, role = host.partition("-")
        if code not in names:
            return messages.text("apply.server", id=host)
        name = f"{names[code]} ({code})"
        return messages.text("apply.accounts", name=name) if role == ServerRole.IDENTITY else name

    return label


def reason(problem: Problem | None) -> str:
    """A problem in words, on one line."""
    if problem is None:
        return ""
    context = {"detail": "", "task": "", **problem.context}
    return " ".join(messages.text(problem.key, **context).split())


def _counts(done: Run) -> dict[str, int]:
    tenants = [result for result in done.results.hosts.values() if result.host != result.server]
    return {
        "created": sum(result.outcome is Outcome.CREATED for result in tenants),
        "changed": sum(result.outcome is Outcome.CHANGED for result in tenants),
        "unchanged": sum(result.outcome is Outcome.UNCHANGED for result in tenants),
        "failed": sum(result.failed for result in tenants),
    }


def table(done: Run, label: Label, seconds: float) -> str:
    """One line per host that did something, and the totals."""
    results = sorted(
        done.results.hosts.values(), key=lambda result: (result.host == result.server, result.host)
    )
    quiet = [result for result in results if result.outcome is Outcome.UNCHANGED]
    listed = [result for result in results if result not in quiet] + (quiet if len(results) <= LISTED else [])
    headers = [messages.text(f"apply.column-{name}") for name in ("name", "server", "outcome", "reason")]
    rows = [
        [
            label(result.host),
            result.server,
            messages.text(f"apply.outcome-{result.outcome.value}"),
            reason(result.problem),
        ]
        for result in listed
    ]
    text = grid(headers, rows)
    if len(listed) < len(results):
        text += "\n" + messages.text("apply.unchanged-more", count=len(results) - len(listed))
    summary = messages.text("apply.summary", seconds=seconds, **_counts(done))
    return f"{text}\n\n{summary}\n{messages.text('apply.log', path=done.log)}"


def as_json(done: Run, seconds: float) -> str:
    """Keys for programs."""
    hosts = {host: _host(result) for host, result in done.results.hosts.items()}
    value = {
        "status": done.status,
        "seconds": round(seconds, 3),
        "log": str(done.log),
        **_counts(done),
        "hosts": hosts,
    }
    return json.dumps(value, indent=2, sort_keys=True)


def _host(result: HostResult) -> dict[str, object]:
    return {
        "server": result.server,
        "outcome": result.outcome.value,
        "changes": result.changes,
        "reason": result.problem.key if result.problem else None,
        "detail": str(result.problem.context.get("detail", "")) if result.problem else "",
    }


def judge(done: Run) -> None:
    """Nothing when all is as asked.

    Raises:
        UnreachableError: no server answered.
        PartialFailureError: some host failed.
        NuageError: the run was interrupted.
    """
    results = done.results.hosts.values()
    failed = [result for result in results if result.failed]
    if done.status == "canceled":
        raise KeyboardInterrupt
    if failed and all(result.outcome is Outcome.UNREACHABLE for result in results):
        raise UnreachableError("apply.none-reached")
    if failed:
        raise PartialFailureError("apply.partial", failed=len(failed), total=len(results))
    if done.code != 0:
        raise NuageError("apply.ansible-failed", file=str(done.log))
