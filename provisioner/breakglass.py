"""Break-glass: a short-lived local administrator of one municipality's service, and the record of who asked and why."""

from __future__ import annotations

import json
import secrets
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provisioner import chained, deployment
from provisioner.errors import (
    InvalidInputError,
    NuageError,
    PartialFailureError,
    RefusedError,
    UnreachableError,
)
from provisioner.execution.handing import handed_on
from provisioner.execution.results import Outcome
from provisioner.execution.runner import Run
from provisioner.spec.tenant import State, Tenant

RECORD = "breakglass.log.jsonl"
"""Beside the specs. Lines are added and never changed; each has the digest of the one before."""
SERVICES = ("wordpress", "nextcloud")
LONGEST_REASON = 500
_VARIABLE = "NUAGE_BREAKGLASS"
_REFUSED = ("breakglass.already-open", "breakglass.not-open", "breakglass.no-service")
_LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class Asked:
    """One break-glass account. The password is in no record, and in no text that is made of this."""

    code: str
    service: str
    operator: str
    reason: str
    minutes: int = 0
    account: str = field(default_factory=lambda: "secours-" + _some(8))
    password: str = field(default_factory=lambda: "-".join(_some(6) for _ in range(4)), repr=False)


def _some(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def checked(slug: str, tenant: Tenant, service: str, reason: str) -> str:
    """The reason as it is kept.

    Raises:
        InvalidInputError: no such service, or a reason that says nothing or too much.
        RefusedError: the municipality's services aren't at work.
    """
    kept = " ".join(reason.split())
    if len(kept) < 3 or len(kept) > LONGEST_REASON or not kept.isprintable():
        raise InvalidInputError("breakglass.bad-reason", subject=slug, longest=LONGEST_REASON)
    if service not in tenant.services.names:
        raise InvalidInputError("breakglass.not-in-spec", subject=slug, service=service)
    if tenant.state not in (State.APPROVED, State.ACTIVE):
        raise RefusedError("breakglass.not-active", subject=slug, state=tenant.state.value)
    return kept


def address(tenant: Tenant, service: str) -> str:
    """Where the account signs in."""
    if service == "nextcloud":
        return f"https://{tenant.domains.nextcloud}/login?direct=1"
    return f"https://{tenant.domains.website}/wp-login.php?local=1"


def carry_out(
    folder: Path, options: deployment.Options, verb: str, asked: Asked | None = None
) -> list[dict[str, Any]]:
    """Do it on the server, or on all servers for a list: the accounts that there are then.

    Raises:
        NuageError: a server didn't answer, or said no.
    """
    request = {"do": verb, **(_request(asked) if asked else {})}
    only = frozenset({asked.code}) if asked else frozenset[str]()
    with handed_on(_VARIABLE, json.dumps(request)):
        done = deployment.run_playbook(folder, "breakglass.yml", options, lambda event: None, only=only)
    _judge(done)
    if asked and not done.results.breakglass:
        # Not in the inventory that was built: never deployed, or without applications.
        raise RefusedError("breakglass.no-service", subject=asked.code)
    found = [account for accounts in done.results.breakglass.values() for account in accounts]
    return sorted(found, key=lambda account: (account["code"], account["service"]))


def _request(asked: Asked) -> dict[str, Any]:
    return {
        "code": asked.code,
        "service": asked.service,
        "operator": asked.operator,
        "reason": asked.reason,
        "account": asked.account,
        "password": asked.password,
        "seconds": asked.minutes * 60,
    }


def _judge(done: Run) -> None:
    failed = [result for result in done.results.hosts.values() if result.failed]
    problems = [result.problem for result in failed if result.problem]
    if done.status == "canceled":
        raise KeyboardInterrupt
    if problems:
        of_server = any(result.outcome is Outcome.UNREACHABLE for result in failed)
        refused = all(problem.key in _REFUSED for problem in problems)
        kind = UnreachableError if of_server else RefusedError if refused else PartialFailureError
        raise kind.of(problems)
    if done.code != 0:
        raise NuageError("apply.ansible-failed", file=str(done.log))


def note(folder: Path, event: str, slug: str, asked: Asked, **more: object) -> None:
    """Add a line to the record, on disk before anything goes on.

    Raises:
        MachineError: it can't be written.
    """
    entry: dict[str, object] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "event": event,
        "by": asked.operator,
        "municipality": slug,
        "code": asked.code,
        "service": asked.service,
        "account": asked.account,
        "reason": asked.reason,
        **more,
    }
    chained.append(folder / RECORD, entry)
