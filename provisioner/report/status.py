"""What runs where, from what the servers say of themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from provisioner import messages
from provisioner.execution.runner import Run
from provisioner.report.run import Label
from provisioner.report.table import grid
from provisioner.spec.consortium import ServerRole

GIB = 1024**3
SERVICES = {"wordpress": "WordPress", "nextcloud": "Nextcloud", "keycloak": "Keycloak"}
"""What a record keeps versions of, and what people call it."""


@dataclass(frozen=True)
class Row:
    """One municipality on one server. ``since`` is in seconds since 1970; sizes in bytes."""

    host: str
    server: str
    state: str
    versions: str
    """Of its services, such as `WordPress 6.8.12`."""
    since: int | None
    process: str
    disk_bytes: int
    disk_limit_bytes: int | None
    current: bool
    kept: int | None = None
    """When its last good copy was made, in seconds since 1970."""
    copies: str = ""
    """`good`, `failed` (the last try), `late`, `none`; empty where nothing is backed up."""


def rows(done: Run) -> tuple[Row, ...]:
    """One row per municipality of the inventory, deployed or not, then those that a server still has without it."""
    hosts, observed = done.results.hosts, done.results.observed
    wanted = [
        _row(host, result.server, observed.get(result.server))
        for host, result in hosts.items()
        if host != result.server
    ]
    # A removed municipality keeps its place, and a moved one its former one, until somebody destroys it.
    left = [
        replace(row, state=row.state if row.state == "moved" else "orphan", current=False)
        for server, seen in sorted(observed.items())
        for host in sorted(seen["records"])
        if host not in hosts or hosts[host].server != server
        for row in (_row(host, server, seen),)
    ]
    return (*wanted, *left)


def _row(host: str, server: str, observed: dict[str, Any] | None) -> Row:
    if observed is None:
        return Row(host, server, "unknown", "", None, "", 0, None, current=False)
    record = observed["records"].get(host, {})
    tenant = observed.get("tenants", {}).get(f"t{host[:5]}", {})
    applications = host.endswith(f"-{ServerRole.APPS}")
    return Row(
        host,
        server,
        str(record.get("state", "never")),
        ", ".join(f"{title} {record[name]}" for name, title in SERVICES.items() if record.get(name)),
        record.get("at"),
        _process(tenant) if record and applications else "",
        int(tenant.get("disk_bytes", 0)) if applications else 0,
        tenant.get("disk_limit_bytes") if applications else None,
        host not in observed["stale"],
        *_copies(observed.get("backups", {}).get(host)),
    )


def _copies(found: Mapping[str, Any] | None) -> tuple[int | None, str]:
    if found is None:
        return None, ""
    at = (found.get("success") or {}).get("at")
    if found.get("late"):
        return at, "late" if at else "none"
    return at, "failed" if found.get("failure") else "good" if at else "none"


def _process(tenant: Mapping[str, Any]) -> str:
    units = tenant.get("units", [])
    if any("-php@" in unit for unit in units):
        return "resident" if tenant["resident"] else "awake"
    return "asleep" if any(unit.endswith(".socket") for unit in units) else "stopped"


def as_json(found: Sequence[Row]) -> str:
    """Keys for programs."""
    return json.dumps([asdict(row) for row in found], indent=2, sort_keys=True)


def table(found: Sequence[Row], label: Label) -> str:
    """For people."""
    names = ["name", "server", "state", "version", "since", "process", "disk", "plan"]
    cells = [_cells(row, label) for row in found]
    if any(row.copies for row in found):
        names.append("copy")
        cells = [[*line, _copy(row)] for line, row in zip(cells, found, strict=True)]
    return grid([messages.text(f"status.column-{name}") for name in names], cells)


def _copy(row: Row) -> str:
    if not row.copies:
        return ""
    at = f"{datetime.fromtimestamp(row.kept).astimezone():%Y-%m-%d %H:%M}" if row.kept else ""
    word = "" if row.copies == "good" else messages.text(f"status.copy-{row.copies}")
    return " ".join(part for part in (at, word) if part)


def _cells(row: Row, label: Label) -> list[str]:
    state = (
        f"status.{row.state}" if row.state in ("unknown", "never", "orphan") else f"status.state-{row.state}"
    )
    since = f"{datetime.fromtimestamp(row.since).astimezone():%Y-%m-%d %H:%M}" if row.since else ""
    disk = f"{row.disk_bytes / GIB:.2f} / {row.disk_limit_bytes / GIB:.1f}" if row.disk_limit_bytes else ""
    return [
        label(row.host),
        row.server,
        messages.text(state),
        row.versions,
        since,
        messages.text(f"status.{row.process}") if row.process else "",
        disk,
        messages.text("status.yes" if row.current else "status.no"),
    ]
