"""The end of a municipality on the servers: destroyed by one program, looked for by another, and only then noted.

Every part may be run again: what is gone stays gone. The spec goes last, so that an interrupted destruction is one that
`nuage leave` still knows how to end.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
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
from provisioner.inventory.keeping import keeper_of
from provisioner.inventory.vault_password import terminal, vault_password
from provisioner.leaving import departures, exporting
from provisioner.leaving.departures import BEGUN, COPIES, DESTROYED, EXPORT, LOOKED, RECEIPT, Departure
from provisioner.moving import notes as moves
from provisioner.planning.model import Consent

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


def demand_one_place(folder: Path, of: Departure) -> None:
    """Stop where a move left a copy that no inventory knows: it would outlive the municipality.

    Raises:
        RefusedError: there is one.
    """
    kept = moves.read(folder).moves.get(f"{of.code}-apps")
    if kept:
        raise RefusedError("leave.copy-elsewhere", subject=of.slug, slug=of.slug, server=kept.source)


def destroy(
    folder: Path, of: Departure, options: deployment.Options, on_event: EventHandler, by: str
) -> None:
    """All of it, looked for, forgotten, and noted.

    Raises:
        NuageError: a server didn't answer, or something is left; run again, it goes on.
    """
    with locked(folder):
        demand_one_place(folder, of)
        begun = of.of(BEGUN) or _begin(folder, of, by)
        if not of.of(LOOKED):
            asked = {"code": of.code, "consent": of.code, "domains": begun["domains"], "programs": True}
            _run(folder, {**asked, "do": "destroy"}, options, on_event)
            looked = _look(_run(folder, {**asked, "do": "look"}, options, on_event), of, begun)
            departures.note(folder, of, LOOKED, looked=looked)
        _forget(folder, of)
        departures.note(folder, of, DESTROYED, export=take_away_export(folder, of))


def destroy_copies(
    folder: Path, of: Departure, options: deployment.Options, on_event: EventHandler, consent: str
) -> None:
    """Those at the keeper, once the law asks for them no longer; then the password that opens them.

    Raises:
        RefusedError: no consent, or the municipality lives here again.
        NuageError: the keeper didn't answer, or something is left; run again, it goes on.
    """
    if consent != of.code:
        raise RefusedError("leave.no-consent", subject=of.slug, code=of.code)
    with locked(folder):
        if any(host[:5] == of.code for host in workflow.prepare(folder).lock.placements):
            raise RefusedError("leave.lives-again", subject=of.slug, code=of.code)
        begun = of.of(BEGUN)
        keeper = begun["keeper"]
        asked = {"code": of.code, "consent": of.code, "domains": begun["domains"], "keeper": keeper}
        _run(folder, {**asked, "do": "destroy-copies"}, options, on_event, whom=keeper)
        looked = _run(folder, {**asked, "do": "look-copies"}, options, on_event, whom=keeper)
        found = _look(looked, of, {"servers": {keeper: keeper}})
        _forget_secrets(folder, of, ())
        departures.note(folder, of, COPIES, looked=found)


def _begin(folder: Path, of: Departure, by: str) -> dict[str, Any]:
    """Note all that the end needs to know, since the spec goes before it."""
    assert of.tenant is not None  # noqa: S101  its turn comes only with a spec
    tenant, whom = of.tenant, exporting.subject(folder, of.code)
    domains = [tenant.domains.website, *tenant.domains.website_aliases]
    domains += [tenant.domains.nextcloud] if tenant.domains.nextcloud else []
    keeper = keeper_of(workflow.prepare(folder).specs.consortium, list(whom.servers.values()))
    until = datetime.now(UTC).date() + timedelta(days=tenant.retention.backups_days)
    begun = {
        "by": by,
        "receipt": of.of(RECEIPT)["digest"],
        "name": tenant.name,
        "domains": domains,
        "services": list(tenant.services.names),
        "servers": {host: server.id for host, server in whom.servers.items()},
        "keeper": keeper.id if keeper else None,
        "copies_until": until.isoformat() if keeper else None,
        "logs_days": tenant.retention.logs_days,
    }
    departures.note(folder, of, BEGUN, **begun)
    return begun


def _look(done: Run, of: Departure, begun: Mapping[str, Any]) -> dict[str, list[str]]:
    traces = done.results.traces
    if set(traces) != set(begun["servers"]):
        raise PartialFailureError("leave.not-looked", subject=of.slug, host=of.slug, detail="")
    left = [f"{host}: {one}" for host, found in sorted(traces.items()) for one in found["found"]]
    if left:
        raise DifferenceError("leave.left", subject=of.slug, detail="; ".join(left[:20]), count=len(left))
    return {host: found["looked"] for host, found in traces.items()}


def _run(
    folder: Path, asked: dict[str, Any], options: deployment.Options, on_event: EventHandler, whom: str = ""
) -> Run:
    with handed_on(_VARIABLE, json.dumps(asked)):
        done = deployment.run_playbook(
            folder, "leave.yml", options, on_event, only=frozenset({whom or asked["code"]})
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


def take_away_export(folder: Path, of: Departure) -> str | None:
    """Exports beside the specs go. Where the final one lies, if it was written elsewhere and is there."""
    place = folder / exporting.FOLDER
    shutil.rmtree(place / of.slug, ignore_errors=True)
    for left in place.glob(f"{of.slug}.tar*"):
        left.unlink()
    elsewhere = of.of(EXPORT).get("place")
    return str(elsewhere) if elsewhere and Path(elsewhere).exists() else None


def _forget(folder: Path, of: Departure) -> None:
    """Its secrets, then its spec, then its place in the plan."""
    _forget_secrets(folder, of, KEPT_SECRETS)
    folders.tenant_file(folder, of.slug).unlink(missing_ok=True)
    consent = Consent.model_construct(
        moves={}, move=frozenset(), remove=frozenset({of.code}), people=frozenset({of.code})
    )
    prepared = workflow.prepare(folder, consent)
    workflow.carry_out(prepared, _password)


def _password() -> bytes:
    return vault_password(os.environ, terminal())


def _forget_secrets(folder: Path, of: Departure, kept: tuple[str, ...]) -> None:
    """All that the vault holds for it, but for these."""
    path = folder / vault.NAME
    held = vault.unlock(read_text(path), _password(), str(path))
    left = {name: value for name, value in held.get(of.code, {}).items() if name in kept}
    if held.get(of.code, {}) != left:
        held[of.code] = left
        if not left:
            del held[of.code]
        write_atomic(path, vault.seal(held, _password()), 0o600)
