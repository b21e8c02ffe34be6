"""A copy at the keeper before what may go wrong. Where it can't be made, nothing begins."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from provisioner import backups, deployment
from provisioner.errors import PartialFailureError, Problem
from provisioner.execution.runner import EventHandler, Run
from provisioner.inventory import rendering, writer
from provisioner.planning.model import Plan
from provisioner.report.run import reason
from provisioner.spec.consortium import ServerRole

YOUNG_MINUTES = 15
"""A copy younger than that is enough: a command that is run again doesn't make another."""


@dataclass(frozen=True)
class Wanted:
    """Inventory hosts whose copy is to be there first: those that have a keeper, and those that have none."""

    kept: frozenset[str]
    bare: frozenset[str]


def risky(plan: Plan) -> frozenset[str]:
    """Codes of those whom the plan takes something from that doesn't come back by itself: a removal, people."""
    return frozenset(
        action.code
        for action in plan.actions
        if action.kind == "remove" or "directory-gone" in action.reasons
    )


def wanted(folder: Path, codes: Iterable[str], roles: Iterable[str] = tuple(ServerRole)) -> Wanted:
    """Of these municipalities, what is on servers now, by the inventory that was last built; nothing where none was."""
    path = folder / writer.FOLDER / rendering.HOSTS
    hosts = json.loads(path.read_text(encoding="utf-8"))["all"]["hosts"] if path.is_file() else {}
    there = {f"{code}-{role}" for code in codes for role in roles} & set(hosts)
    kept = frozenset(host for host in there if "tenant_backup_keeper" in hosts[host])
    return Wanted(kept=kept, bare=frozenset(there - kept))


def take(  # noqa: PLR0913, PLR0917  one run, named
    folder: Path,
    options: deployment.Options,
    hosts: frozenset[str],
    why: str,
    on_event: EventHandler,
    minutes: int = YOUNG_MINUTES,
) -> None:
    """Have a copy of each of these hosts that isn't old; ``why`` is a word that new ones bear.

    Raises:
        PartialFailureError: every host that has none, and why.
    """
    asked = {
        "do": "run",
        "run": backups.run_id(),
        "reason": f"before-{why}",
        "young_s": minutes * 60,
        "hosts": sorted(hosts),
    }
    only = frozenset(host[:5] for host in hosts)
    done = backups.carry_out(folder, options, asked, on_event, only=only)
    problems = [_problem(done, host) for host in sorted(hosts) if host not in done.results.backups]
    if problems:
        raise PartialFailureError.of(problems)


def _problem(done: Run, host: str) -> Problem:
    found = done.results.hosts[host].problem
    detail = reason(found) if found else str(done.log)
    return Problem(
        "backup.before-failed", subject=host, context={"host": host, "code": host[:5], "detail": detail}
    )
