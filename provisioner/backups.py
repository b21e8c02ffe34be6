"""Copies of municipalities at their keepers: made, listed, brought back. The servers do it; this asks them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provisioner import deployment
from provisioner.errors import NuageError, PartialFailureError, RefusedError, UnreachableError
from provisioner.execution.handing import handed_on
from provisioner.execution.results import Outcome
from provisioner.execution.runner import EventHandler, Run
from provisioner.inventory.keeping import keepers
from provisioner.spec.consortium import Consortium

_VARIABLE = "NUAGE_BACKUP"


def run_id() -> str:
    """Names what is backed up together, on both of a municipality's servers."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


def hosts_of(code: str, only: str | None, inside: str) -> list[str]:
    """The municipality's hosts that have what is to be brought back."""
    if only == "identity":
        return [f"{code}-identity"]
    return [f"{code}-apps"] if only or inside else [f"{code}-apps", f"{code}-identity"]


def demand_keeper(consortium: Consortium) -> None:
    """Before a person is asked for the vault's password.

    Raises:
        RefusedError: no server of the consortium holds copies.
    """
    if not keepers(consortium):
        raise RefusedError("backup.no-keeper")


def carry_out(
    folder: Path,
    options: deployment.Options,
    asked: Mapping[str, Any],
    on_event: EventHandler,
    *,
    only: frozenset[str] = frozenset(),
) -> Run:
    """Have the servers do it, for these municipalities; what each of its hosts said is in the results' `backups`."""
    # Realms of several share one export of the server's.
    asked = {**asked, "together": len(only) != 1}
    with handed_on(_VARIABLE, json.dumps(asked)):
        done = deployment.run_playbook(folder, "backups.yml", options, on_event, only=only)
    if done.status == "canceled":
        raise KeyboardInterrupt
    return done


def judge(done: Run) -> None:
    """Every municipality that failed, and why.

    Raises:
        NuageError: a server didn't answer, said no, or nothing is backed up at all.
    """
    failed = [result for result in done.results.hosts.values() if result.failed]
    problems = [result.problem for result in failed if result.problem]
    if problems:
        if any(result.outcome is Outcome.UNREACHABLE for result in failed):
            raise UnreachableError.of(problems)
        raise PartialFailureError.of(problems)
    if done.code != 0:
        raise NuageError("apply.ansible-failed", file=str(done.log))
    if not done.results.backups:
        raise RefusedError("backup.no-keeper")
