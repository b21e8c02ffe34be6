"""The copies that there are of who lived on a lost server, asked of their keepers by this machine itself.

The server that made them is gone, and the one that will bring them back knows nothing of them yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from provisioner.errors import NuageError, Problem
from provisioner.inventory import rendering, writer
from provisioner.inventory.keeping import keeper_of
from provisioner.planning.lock import Awaited
from provisioner.pruning import Door, password_of
from provisioner.spec.consortium import Server
from provisioner.workflow import Prepared

AT_ONCE = 4
"""Repositories that are looked into at the same time."""


@dataclass(frozen=True)
class Which:
    """The copy that is meant: that one, else the newest of then (seconds since 1970), else the newest."""

    snapshot: str = ""
    at: float = 0


NEWEST = Which()


def find(
    prepared: Prepared,
    hosts: Sequence[str],
    held: Mapping[str, Mapping[str, str]],
    private_key: Path | None,
    which: Which = NEWEST,
) -> dict[str, Awaited | Problem]:
    """By inventory host, the copy to bring back, or why there is none; ``held`` is the open vault.

    Raises:
        MachineError: this machine has no restic.
    """
    known_hosts = prepared.specs.folder / writer.FOLDER / rendering.KNOWN_HOSTS
    kept = _keepers(prepared, {host[:5] for host in hosts})
    doors = {keeper.id: Door(keeper, known_hosts, private_key) for keeper in kept.values()}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = {
            code: pool.submit(_listed, doors[keeper.id], code, held) for code, keeper in sorted(kept.items())
        }
    found: dict[str, Awaited | Problem] = {}
    for host in hosts:
        code, source = host[:5], prepared.lock.placements[host].server
        listed = asked[code].result() if code in asked else []
        if isinstance(listed, Problem):
            found[host] = listed
            continue
        copy = newest(listed, host, which)
        problem = Problem("rebuild.no-copy", subject=host, context={"host": host})
        found[host] = _awaited(copy, kept[code].id, source) if copy else problem
    return found


def newest(listed: Iterable[Mapping[str, Any]], host: str, which: Which) -> Mapping[str, Any] | None:
    """Of what restic lists, the copy of an inventory host that is meant."""
    own = [one for one in listed if one["hostname"] == host]
    if which.snapshot:
        own = [one for one in own if one["id"].startswith(which.snapshot)]
    elif which.at:
        own = [one for one in own if moment(one["time"]) <= which.at]
    return max(own, key=lambda one: moment(one["time"]), default=None)


def moment(text: str) -> float:
    """Seconds since 1970 of a time as restic writes it, with nanoseconds."""
    return datetime.fromisoformat(text).timestamp()


def _awaited(copy: Mapping[str, Any], keeper: str, source: str) -> Awaited:
    return Awaited(keeper=keeper, snapshot=copy["id"], time=copy["time"], source=source)


def _keepers(prepared: Prepared, codes: Iterable[str]) -> dict[str, Server]:
    """Where each one's copies are; nothing of whom nobody keeps."""
    consortium = prepared.specs.consortium
    servers = {server.id: server for server in consortium.servers}
    homes: dict[str, list[Server]] = {code: [] for code in codes}
    for host, placed in prepared.lock.placements.items():
        if host[:5] in homes and placed.server in servers:
            homes[host[:5]].append(servers[placed.server])
    found = {code: keeper_of(consortium, there) for code, there in homes.items()}
    return {code: keeper for code, keeper in found.items() if keeper is not None}


def _listed(
    door: Door, code: str, held: Mapping[str, Mapping[str, str]]
) -> list[Mapping[str, Any]] | Problem:
    try:
        if not door.arrivals(code):
            return []
        words = ["snapshots", "--json", "--no-lock"]
        listed: list[Mapping[str, Any]] = json.loads(
            door.restic(code, password_of(held, code), words, key="rebuild.unreadable")
        )
    except NuageError as error:
        return error.problems[0]
    return listed
