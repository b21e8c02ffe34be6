"""Which servers are looked after, and in which order. Pure: the same values give the same answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from provisioner.errors import InvalidInputError, PartialFailureError, Problem
from provisioner.planning.lock import Lock
from provisioner.spec.consortium import Consortium
from provisioner.spec.tenant import Tenant


@dataclass(frozen=True)
class Turn:
    """A server, the ring that it goes with (empty where nobody lives there), and who lives there, by code."""

    server: str
    ring: str
    codes: frozenset[str]


def turns(
    consortium: Consortium, tenants: Mapping[str, Tenant], lock: Lock, *, ring: str = "", only: str = ""
) -> tuple[Turn, ...]:
    """Servers in the order of rings: each goes with the last of those of its municipalities, so that nobody is early.

    Raises:
        InvalidInputError: the ring, or the server, isn't there.
    """
    if ring and ring not in consortium.rings:
        raise InvalidInputError("upgrading.no-ring", value=ring, expected=", ".join(consortium.rings))
    names = sorted(server.id for server in consortium.servers)
    if only and only not in names:
        raise InvalidInputError("debian.no-server", value=only, expected=", ".join(names))
    rings = {tenant.code: consortium.rings.index(tenant.ring) for tenant in tenants.values()}
    lodgers: dict[str, set[str]] = {name: set() for name in names}
    for host, placed in lock.placements.items():
        if host[:5] in rings and placed.server in lodgers:
            lodgers[placed.server].add(host[:5])
    last = {name: max((rings[code] for code in lodgers[name]), default=-1) for name in names}
    found = [
        Turn(name, consortium.rings[last[name]] if last[name] >= 0 else "", frozenset(lodgers[name]))
        for name in sorted(names, key=lambda each: (last[each], each))
    ]
    return tuple(turn for turn in found if ring in ("", turn.ring) and only in ("", turn.server))


def judge(done: Mapping[str, Mapping[str, object]], problems: list[Problem]) -> None:
    """What isn't well.

    Raises:
        PartialFailureError: a server failed, or a service still runs from files that were replaced.
    """
    found = list(problems)
    for server, one in sorted(done.items()):
        left = one.get("left")
        broken = (
            {unit: why for unit, why in left.items() if why not in EXPECTED} if isinstance(left, dict) else {}
        )
        if broken:
            detail = "; ".join(f"{unit}: {why}" for unit, why in sorted(broken.items()))
            found.append(Problem("debian.not-restarted", subject=server, context={"detail": detail}))
    if found:
        raise PartialFailureError.of(found)


EXPECTED = ("reboot", "ends-by-itself")
"""Why a service is left as it is, which is no failure."""
