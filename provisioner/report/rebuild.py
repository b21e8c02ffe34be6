"""Who comes back where, from which copy, and what became of it; no decisions."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence

from provisioner import messages
from provisioner.inventory.home import nextcloud_names, website_names
from provisioner.rebuilding.carrying import Ended
from provisioner.rebuilding.choosing import Coming
from provisioner.rebuilding.copies import moment
from provisioner.report.run import labels, reason
from provisioner.report.table import grid
from provisioner.spec.consortium import ServerRole
from provisioner.workflow import Prepared

HOUR_S = 3600


def plan_text(prepared: Prepared, coming: Sequence[Coming]) -> str:
    """A line for each, in the order in which they are brought back, and the records that have to change before."""
    if not coming:
        return messages.text("rebuild.nothing")
    label = labels(prepared.specs.tenants)
    rows = [[label(one.host), one.server or "—", _copy(one), reason(one.problem)] for one in coming]
    columns = ("name", "server", "copy", "why")
    table = grid([messages.text(f"rebuild.column-{column}") for column in columns], rows)
    return "\n".join([table, *_records_text(prepared, coming)])


def text(prepared: Prepared, coming: Sequence[Coming], ended: Sequence[Ended]) -> str:
    """A line for each that was tried."""
    label = labels(prepared.specs.tenants)
    copies = {one.host: one.copy for one in coming}
    lines = []
    for one in ended:
        copy = copies[one.host]
        word = "back" if one.problem is None else "not-back"
        context = {"name": label(one.host), "server": one.server, "reason": reason(one.problem)}
        lines.append(messages.text(f"rebuild.{word}", time=copy.time[:19] if copy else "", **context))
    return "\n".join([*lines, *_records_text(prepared, coming)])


def as_json(prepared: Prepared, coming: Sequence[Coming], ended: Sequence[Ended]) -> str:
    """The same for programs."""
    done = {one.host: one for one in ended}
    value = {
        "hosts": {
            one.host: {
                "server": one.server,
                "copy": one.copy.snapshot if one.copy else "",
                "time": one.copy.time if one.copy else "",
                "keeper": one.copy.keeper if one.copy else "",
                "reason": _key(one, done.get(one.host)),
                "back": one.host in done and done[one.host].problem is None,
            }
            for one in coming
        },
        "order": [one.host for one in coming],
        "records": dict(_records(prepared, coming)),
    }
    return json.dumps(value, indent=2, sort_keys=True)


def _key(one: Coming, ended: Ended | None) -> str:
    problem = ended.problem if ended is not None else one.problem
    return problem.key if problem is not None else ""


def _copy(one: Coming) -> str:
    if one.copy is None:
        return "—"
    hours = max(0, int((time.time() - moment(one.copy.time)) // HOUR_S))
    return messages.text("rebuild.copy", copy=one.copy.snapshot[:8], time=one.copy.time[:16], hours=hours)


def _records(prepared: Prepared, coming: Sequence[Coming]) -> Iterator[tuple[str, str]]:
    """Names of the sites that change their server, and its address."""
    addresses = {server.id: server.address for server in prepared.specs.consortium.servers}
    for one in coming:
        if one.server and one.host.endswith(f"-{ServerRole.APPS}"):
            tenant = prepared.specs.tenants[one.slug]
            for name in (*website_names(tenant), *nextcloud_names(tenant)):
                yield name, addresses[one.server]


def _records_text(prepared: Prepared, coming: Sequence[Coming]) -> list[str]:
    found = list(_records(prepared, coming))
    if not found:
        return []
    width = max(len(name) for name, _ in found)
    lines = [f"  {name.ljust(width)}  A  {address}" for name, address in found]
    return ["", messages.text("rebuild.records"), *lines]
