"""The end of a municipality on the servers: destroyed by one program, looked for by another, and only then noted.

Every part may be run again: what is gone stays gone. The spec goes last, so that an interrupted destruction is one that
`nuage leave` still knows how to end.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from provisioner import deployment, workflow
from provisioner import folder as folders
from provisioner.errors import (
    DifferenceError,
    NuageError,
    PartialFailureError,
    RefusedError,
    UnreachableError,
)
from provisioner.execution.handing import handed_on
from provisioner.execution.results import Outcome
from provisioner.execution.runner import EventHandler, Run
from provisioner.files import locked, read_text, write_atomic
from provisioner.inventory import vault
from provisioner.inventory.vault_password import terminal, vault_password
from provisioner.leaving import departures
from provisioner.leaving.departures import BEGUN, DESTROYED, RECEIPT, Departure
from provisioner.leaving.exporting import subject
from provisioner.planning.model import Consent
from provisioner.spec.tenant import Tenant

_VARIABLE = "NUAGE_LEAVE"
SHORTEST_DIGEST = 12
KEPT_SECRETS = ("backup_password",)
"""Without it the copies at the keeper are bytes that say nothing: it goes when they go."""


def demand_consent(of: Departure, consent: str, digest: str) -> None:
    """Let only through who names the municipality and quotes its receipt.

    Raises:
        RefusedError: another was named, or another receipt.
    """
    receipt = str(of.of(RECEIPT)["digest"])
    if consent != of.code:
        raise RefusedError("leave.no-consent", subject=of.slug, code=of.code)
    if len(digest) < SHORTEST_DIGEST or not receipt.startswith(digest):
        raise RefusedError("leave.other-receipt", subject=of.slug, wanted=receipt[:SHORTEST_DIGEST])


def copies_until(tenant: Tenant, today: date) -> date | None:
    """Last day on which copies at the keeper are kept by law; None where nobody keeps any."""
    return today + timedelta(days=tenant.retention.backups_days)


def destroy(
    folder: Path, of: Departure, options: deployment.Options, on_event: EventHandler, by: str
) -> dict[str, list[str]]:
    """All of it; what was looked at on each host where nothing is left.

    Raises:
        NuageError: a server didn't answer, or something is left; run again, it goes on.
    """
    assert of.tenant is not None  # noqa: S101  its turn comes only with a spec
    with locked(folder):
        if not of.of(BEGUN):
            departures.note(folder, of, BEGUN, by=by, receipt=of.of(RECEIPT)["digest"])
        whom = subject(folder, of.code)
        domains = [of.tenant.domains.website, *of.tenant.domains.website_aliases]
        domains += [of.tenant.domains.nextcloud] if of.tenant.domains.nextcloud else []
        asked = {"code": of.code, "consent": of.code, "domains": domains, "programs": True}
        _run(folder, {**asked, "do": "destroy"}, options, on_event)
        done = _run(folder, {**asked, "do": "look"}, options, on_event)
        traces = done.results.traces
        if set(traces) != set(whom.hosts):
            raise PartialFailureError("leave.not-looked", subject=of.slug, code=of.code, detail="")
        left = [f"{host}: {one}" for host, found in sorted(traces.items()) for one in found["found"]]
        if left:
            raise DifferenceError("leave.left", subject=of.slug, detail="; ".join(left[:20]), count=len(left))
        looked = {host: found["looked"] for host, found in traces.items()}
        servers = {host: server.id for host, server in whom.servers.items()}
        _forget(folder, of)
        today = datetime.now(UTC).date()
        until = copies_until(of.tenant, today)
        context = {"looked": looked, "servers": servers, "name": of.tenant.name, "domains": domains}
        kept = {
            "copies_until": until.isoformat() if until else None,
            "logs_days": of.tenant.retention.logs_days,
        }
        departures.note(folder, of, DESTROYED, **context, **kept, services=list(of.tenant.services.names))
    return looked


def _run(folder: Path, asked: dict[str, Any], options: deployment.Options, on_event: EventHandler) -> Run:
    with handed_on(_VARIABLE, json.dumps(asked)):
        done = deployment.run_playbook(
            folder, "leave.yml", options, on_event, only=frozenset({asked["code"]})
        )
    if done.status == "canceled":
        raise KeyboardInterrupt
    failed = [result for result in done.results.hosts.values() if result.failed]
    problems = [result.problem for result in failed if result.problem]
    if problems and any(result.outcome is Outcome.UNREACHABLE for result in failed):
        raise UnreachableError.of(problems)
    if problems:
        raise PartialFailureError.of(problems)
    if done.code != 0:
        raise NuageError("apply.ansible-failed", file=str(done.log))
    return done


def _forget(folder: Path, of: Departure) -> None:
    """Its secrets, then its spec, then its place in the plan."""
    path = folder / vault.NAME

    def password() -> bytes:
        return vault_password(os.environ, terminal())

    held = vault.unlock(read_text(path), password(), str(path))
    kept = {name: value for name, value in held.get(of.code, {}).items() if name in KEPT_SECRETS}
    if held.get(of.code, {}) != kept:
        held[of.code] = kept
        write_atomic(path, vault.seal(held, password()), 0o600)
    folders.tenant_file(folder, of.slug).unlink(missing_ok=True)
    consent = Consent.model_construct(
        moves={}, move=frozenset(), remove=frozenset({of.code}), people=frozenset({of.code})
    )
    prepared = workflow.prepare(folder, consent)
    workflow.carry_out(prepared, password)
