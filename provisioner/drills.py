"""Copies tried: a municipality's newest one brought back beside it, compared, thrown away; and the record of that."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provisioner import backups, chained, deployment
from provisioner.errors import DifferenceError, Problem, RefusedError
from provisioner.execution.runner import EventHandler
from provisioner.planning.demands import LIVING
from provisioner.spec.tenant import Tenant

RECORD = "drills.log.jsonl"
"""Beside the specs."""


def chosen(tenants: Mapping[str, Tenant], names: tuple[str, ...]) -> frozenset[str]:
    """Code of the municipality that is named, or of any that lives on servers.

    Raises:
        RefusedError: nobody does.
    """
    if names:
        return deployment.codes(tenants, names)
    living = sorted(tenant.code for tenant in tenants.values() if tenant.state in LIVING)
    if not living:
        raise RefusedError("drill.nobody")
    return frozenset({secrets.choice(living)})


def carry_out(
    folder: Path, options: deployment.Options, code: str, on_event: EventHandler
) -> dict[str, dict[str, Any]]:
    """Try the newest copies of all that the municipality has; the results, which are noted.

    Raises:
        NuageError: a server didn't answer, or a copy couldn't be brought back at all, which is noted too.
    """
    done = backups.carry_out(folder, options, {"do": "drill"}, on_event, only=frozenset({code}))
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    results = done.results.backups
    failed = {host: one.problem.key for host, one in done.results.hosts.items() if one.problem}
    for host, one in sorted(results.items()):
        chained.append(folder / RECORD, {"noted": at, "event": "drill", "host": host, **one})
    for host, key in sorted(failed.items()):
        chained.append(
            folder / RECORD, {"noted": at, "event": "drill", "host": host, "good": False, "key": key}
        )
    backups.judge(done)
    return results


def judge(results: Mapping[str, Mapping[str, Any]]) -> None:
    """What differs.

    Raises:
        DifferenceError: a copy isn't what its ledger says.
    """
    problems = [
        Problem(
            "drill.differs", subject=host, context={"host": host, "detail": "; ".join(one["differences"])}
        )
        for host, one in sorted(results.items())
        if not one["good"]
    ]
    if problems:
        raise DifferenceError.of(problems)
