"""Where a municipality that leaves stands: a record of steps beside the specs, and what the next one is.

Lines are added and never changed; each has the digest of the one before. What isn't noted wasn't done: a step is noted
once it is, and an interrupted one is done again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from provisioner import chained
from provisioner.errors import InvalidInputError, RefusedError
from provisioner.spec.tenant import State, Tenant

RECORD = "departures.log.jsonl"
"""Beside the specs."""
EXPORT, RECEIPT, BEGUN, LOOKED, DESTROYED, CERTIFIED, COPIES = (
    "export",
    "receipt",
    "destruction-begun",
    "looked",
    "destroyed",
    "certified",
    "copies-destroyed",
)


@dataclass(frozen=True)
class Departure:
    """What is known of one municipality's. ``tenant`` is None once its spec is gone."""

    slug: str
    code: str
    tenant: Tenant | None
    notes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The last of each kind."""

    def of(self, kind: str) -> Mapping[str, Any]:
        """What was noted of a step; empty where it wasn't done."""
        return self.notes.get(kind, {})

    def next_step(self, today: date) -> str:
        """The first that isn't done."""
        if self.of(DESTROYED):
            return self._after_destruction(today)
        return "destroy" if self.of(BEGUN) else self._before_destruction(today)

    def _after_destruction(self, today: date) -> str:
        until = self.of(BEGUN).get("copies_until")
        gone = bool(self.of(COPIES))
        if self.of(CERTIFIED).get("copies") != gone:
            # Once more when the copies went too: the newer certificate says so.
            return "certificate"
        if gone or until is None:
            return "done"
        return "copies" if today > date.fromisoformat(until) else "copies-wait"

    def _before_destruction(self, today: date) -> str:
        if self.tenant is None or self.tenant.state is not State.LEAVING:
            return "notice"
        if not self.of(EXPORT):
            return "export"
        if self.of(RECEIPT).get("manifest") != self.of(EXPORT)["manifest"]:
            return "receipt"
        until = self.tenant.leaving_until
        return "wait" if until is not None and today <= until else "destroy"


def lines(folder: Path) -> list[dict[str, Any]]:
    """Everything that was noted, of anybody.

    Raises:
        InvalidInputError: a line was changed, or taken away.
    """
    path = folder / RECORD
    raw = path.read_bytes().splitlines() if path.exists() else []
    bad = chained.broken(raw)
    if bad is not None:
        raise InvalidInputError("leave.record-broken", file=str(path), line=bad)
    return [json.loads(line) for line in raw]


def read(folder: Path, tenants: Mapping[str, Tenant], name: str) -> Departure:
    """Whom ``name`` (a code or a slug) names, also after its spec is gone.

    Raises:
        InvalidInputError: it names nobody, or the record isn't whole.
    """
    noted = lines(folder)
    for slug, tenant in tenants.items():
        if name in (slug, tenant.code):
            return Departure(slug, tenant.code, tenant, _notes(noted, tenant.code, _left(tenant)))
    for one in reversed(noted):
        if name in (one["slug"], one["code"]):
            return Departure(one["slug"], one["code"], None, _notes(noted, one["code"], ""))
    raise InvalidInputError("apply.unknown", subject=name)


def _left(tenant: Tenant) -> str:
    """When it was told, in the record's words. What was noted before is of an earlier departure, come to nothing."""
    told = [event.at for event in tenant.history if event.action == "leave"]
    return f"{max(told).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if told else ""


def _notes(noted: list[dict[str, Any]], code: str, since: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for one in noted:
        if one["code"] != code or one["noted"] < since:
            continue
        if one["event"] == EXPORT:
            # A newer export wants a receipt of its own.
            found = {}
        found[one["event"]] = one
    return found


def note(folder: Path, of: Departure, event: str, **context: object) -> None:
    """Add a step that is done."""
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    chained.append(
        folder / RECORD, {"noted": at, "event": event, "slug": of.slug, "code": of.code, **context}
    )


def demand(of: Departure, step: str, today: date) -> None:
    """Let a step through whose turn it is.

    Raises:
        RefusedError: another comes first.
    """
    following = of.next_step(today)
    if following == step:
        return
    if following == "copies-wait" and step == "copies":
        raise RefusedError("leave.copies-too-early", subject=of.slug, until=of.of(BEGUN)["copies_until"])
    if following == "wait" and of.tenant is not None:
        raise RefusedError("leave.too-early", subject=of.slug, until=of.tenant.leaving_until)
    raise RefusedError(f"leave.first-{following}", subject=of.slug, slug=of.slug)
