"""Where the municipalities of a server go, so that nobody is left on it. Pure, but for reading the folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from provisioner import workflow
from provisioner.errors import InvalidInputError, RefusedError
from provisioner.moving import notes
from provisioner.moving.notes import Phase
from provisioner.planning.diff import plan
from provisioner.planning.lock import Lock
from provisioner.spec.consortium import ServerRole


@dataclass(frozen=True)
class Leg:
    """One municipality's way; ``begun``: an earlier run began it."""

    slug: str
    code: str
    target: str
    begun: bool = False


@dataclass(frozen=True)
class Legs:
    """In the order in which they are done, and how many realms stay: those of accounts aren't moved."""

    legs: tuple[Leg, ...]
    realms: int


def legs(folder: Path, server: str) -> Legs:
    """Everybody's way from a server; those that are begun first, then ring by ring.

    Raises:
        InvalidInputError: there is no such server.
        RefusedError: newcomers may still come to it, other changes wait, or somebody has nowhere to go.
    """
    found = workflow.prepare(folder)
    consortium, tenants = found.specs.consortium, found.specs.tenants
    there = {each.id: each for each in consortium.servers}
    if server not in there:
        raise InvalidInputError("moving.no-server", subject=server)
    if not there[server].closed:
        raise RefusedError("moving.not-closing", subject=server)
    begun = {
        note.slug: Leg(note.slug, host[:5], note.target, begun=True)
        for host, note in sorted(notes.read(folder).under_way().items())
        if note.source == server and note.phase is not Phase.UNDOING
    }
    if found.plan.actions and not begun:
        raise RefusedError("moving.apply-first", subject=server, others=str(len(found.plan.actions)))
    own = {host: placed for host, placed in found.lock.placements.items() if placed.server == server}
    leaving = {
        host: placed
        for host, placed in own.items()
        if host.endswith(f"-{ServerRole.APPS}") and placed.slug not in begun
    }
    rest = {host: placed for host, placed in found.lock.placements.items() if host not in leaving}
    after = plan(consortium, tenants, Lock(placements=rest))
    workflow.refuse(after)
    rings = consortium.rings
    going = [
        Leg(placed.slug, host[:5], after.lock.placements[host].server) for host, placed in leaving.items()
    ]
    going.sort(key=lambda leg: (rings.index(tenants[leg.slug].ring), leg.slug))
    realms = sum(host.endswith(f"-{ServerRole.IDENTITY}") for host in own)
    return Legs((*begun.values(), *going), realms)
