"""Who comes back, where to, from which copy, and who can't yet; nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from provisioner.errors import InvalidInputError, Problem, RefusedError
from provisioner.planning.lock import Awaited, Lock
from provisioner.planning.model import Consent, Return
from provisioner.planning.rebuilding import Targets, in_order, lost_servers, targets
from provisioner.spec.consortium import Server, ServerRole
from provisioner.workflow import Prepared, refusal_problem


@dataclass(frozen=True)
class Coming:
    """A municipality's applications, or its accounts: the server and the copy, or what keeps them from coming back."""

    host: str
    slug: str
    server: str = ""
    copy: Awaited | None = None
    problem: Problem | None = None


def lost_server(prepared: Prepared, name: str) -> Server:
    """The server that is to be rebuilt.

    Raises:
        InvalidInputError: consortium.yml names none of that name.
        RefusedError: nobody said that it is lost, or it never held anybody but copies.
    """
    server = next((each for each in prepared.specs.consortium.servers if each.id == name), None)
    if server is None:
        raise InvalidInputError("rebuild.unknown-server", subject=name)
    if not server.lost:
        raise RefusedError("rebuild.not-lost", subject=name, server=name)
    if ServerRole.BACKUP in server.roles:
        raise RefusedError("rebuild.keeper", subject=name, server=name)
    return server


def waiting(prepared: Prepared, server: str) -> list[str]:
    """Inventory hosts that are still on the lost server, or that came from it and aren't whole yet; in order."""
    specs = prepared.specs
    hosts = [
        host
        for host, placed in prepared.lock.placements.items()
        if placed.server == server or (placed.awaits is not None and placed.awaits.source == server)
    ]
    return in_order(specs.consortium, specs.tenants, hosts)


def to_bring(prepared: Prepared, code: str, target: str, only: str | None) -> list[str]:
    """What of a municipality goes to ``target`` or is half there; nothing where all of it is there already.

    Raises:
        InvalidInputError: consortium.yml names no such server.
        RefusedError: its own server isn't lost, or the other one isn't of the kind.
    """
    specs, placements = prepared.specs, prepared.lock.placements
    server = next((each for each in specs.consortium.servers if each.id == target), None)
    if server is None:
        raise InvalidInputError("rebuild.unknown-server", subject=target)
    lost = lost_servers(specs.consortium)
    kinds = (ServerRole.IDENTITY,) if only else (ServerRole.IDENTITY, ServerRole.APPS)
    there = [f"{code}-{kind}" for kind in kinds if kind in server.roles and f"{code}-{kind}" in placements]
    if not there:
        raise RefusedError("restore.wrong-server", subject=code, server=target)
    running = [host for host in there if placements[host].server not in {*lost, target}]
    if running:
        where = ", ".join(sorted({placements[host].server for host in running}))
        raise RefusedError("restore.server-runs", subject=code, server=where)
    coming = [host for host in there if gone(prepared.lock, host, lost) or placements[host].awaits]
    return in_order(specs.consortium, specs.tenants, coming)


def demand_here(prepared: Prepared, hosts: list[str]) -> None:
    """Let only those be brought back where they are whose server runs, and who wait for nothing else.

    Raises:
        RefusedError: one of ``hosts`` has to come back elsewhere first.
    """
    lost, placements = lost_servers(prepared.specs.consortium), prepared.lock.placements
    for host in hosts:
        placed = placements.get(host)
        if placed is not None and (placed.server in lost or placed.awaits is not None):
            raise RefusedError("restore.not-here", subject=host, server=placed.server)


def gone(lock: Lock, host: str, lost: frozenset[str]) -> bool:
    """Whether it has to have another place."""
    return lock.placements[host].server in lost


def choose(
    prepared: Prepared, hosts: list[str], copies: Mapping[str, Awaited | Problem], only: str = ""
) -> list[Coming]:
    """Each of ``hosts``, in their order. Room is for those alone that have a copy."""
    specs, lock = prepared.specs, prepared.lock
    lost = lost_servers(specs.consortium)
    able = [host for host in hosts if gone(lock, host, lost) and isinstance(copies[host], Awaited)]
    found = targets(specs.consortium, specs.tenants, lock, able, only)
    return [_coming(prepared, host, copies, found, lost) for host in hosts]


def _coming(
    prepared: Prepared,
    host: str,
    copies: Mapping[str, Awaited | Problem],
    found: Targets,
    lost: frozenset[str],
) -> Coming:
    placed = prepared.lock.placements[host]
    if not gone(prepared.lock, host, lost):
        return Coming(host, placed.slug, placed.server, placed.awaits)
    copy = copies[host]
    if isinstance(copy, Problem):
        return Coming(host, placed.slug, problem=copy)
    if host in found.where:
        # What an interrupted rebuild brought half of isn't what its copies tell since.
        began = placed.awaits if placed.awaits is not None and not placed.awaits.back else None
        return Coming(host, placed.slug, found.where[host], began or copy)
    return Coming(host, placed.slug, problem=_no_place(host, placed.slug, found))


def _no_place(host: str, slug: str, found: Targets) -> Problem:
    from provisioner.planning.model import Refusal

    reason = found.unplaced[host].value
    return refusal_problem(Refusal(reason=reason, host=host, code=host[:5], slug=slug))


def consent(prepared: Prepared, coming: list[Coming]) -> Consent:
    """What the plan has to be told, for those who change places."""
    placements = prepared.lock.placements
    return Consent(
        returns={
            one.host: Return(server=one.server, awaits=one.copy)
            for one in coming
            if one.copy is not None and placements[one.host].server != one.server
        }
    )
