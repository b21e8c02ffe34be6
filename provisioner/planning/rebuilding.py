"""Where those go who lived on a lost server: in order of the policy, so that who comes first has room first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from provisioner.planning.demands import Resident, bins, cells, residents
from provisioner.planning.lock import Lock
from provisioner.planning.placement import Bin, Demand, Placement, Reason, place
from provisioner.spec.consortium import Consortium, ServerRole
from provisioner.spec.tenant import Tenant


@dataclass(frozen=True)
class Targets:
    """Server by inventory host, in the order in which they are brought back; and why the others have none."""

    where: Mapping[str, str]
    unplaced: Mapping[str, Reason]


def lost_servers(consortium: Consortium) -> frozenset[str]:
    """Servers that are gone for good."""
    return frozenset(server.id for server in consortium.servers if server.lost)


def in_order(consortium: Consortium, tenants: Mapping[str, Tenant], hosts: Iterable[str]) -> list[str]:
    """Those that the policy names first, then the smallest, so that most are back soonest. Accounts come before what
    asks them."""
    first = {slug: number for number, slug in enumerate(consortium.policy.rebuild_first)}
    ranks = {
        tenant.code: (first.get(slug, len(first)), tenant.services.reservation().disk_mib, tenant.code)
        for slug, tenant in tenants.items()
    }
    known = [host for host in hosts if host[:5] in ranks]
    return sorted(known, key=lambda host: (ranks[host[:5]], host.endswith(f"-{ServerRole.APPS}")))


def targets(
    consortium: Consortium,
    tenants: Mapping[str, Tenant],
    lock: Lock,
    wanted: Sequence[str],
    only: str = "",
) -> Targets:
    """Servers for these inventory hosts, who comes first placed first; ``only`` names the one server for all."""
    everyone = {resident.host: resident for resident in residents(tenants, {})}
    settled = {
        host: placed.server
        for host, placed in lock.placements.items()
        if host in everyone and host not in wanted
    }
    demands = [everyone[host].demand for host in wanted if host in everyone]
    if only:
        demands = [replace(each, only=frozenset({only})) for each in demands]
    identity = [each for each in demands if each.role == ServerRole.IDENTITY]
    apps = [each for each in demands if each.role != ServerRole.IDENTITY]
    where, unplaced = _Filling(_stayers(everyone, settled, realms=False), bins(consortium), settled).fill(
        apps
    )
    accounts = _Filling(_stayers(everyone, settled, realms=True), cells(consortium), settled).fill(identity)
    where, unplaced = where | accounts[0], unplaced | accounts[1]
    return Targets({host: where[host] for host in wanted if host in where}, unplaced)


def _stayers(everyone: Mapping[str, Resident], settled: Mapping[str, str], *, realms: bool) -> list[Demand]:
    return [
        everyone[host].demand
        for host in settled
        if (everyone[host].demand.role == ServerRole.IDENTITY) == realms
    ]


class _Filling:
    """Servers of one kind, filled by those who wait for a place."""

    def __init__(self, stayers: list[Demand], boxes: list[Bin], settled: Mapping[str, str]) -> None:
        self._there, self._boxes, self._settled = stayers, boxes, dict(settled)

    def fill(self, waiting: Sequence[Demand]) -> tuple[dict[str, str], dict[str, Reason]]:
        """Always as many as there is room for together; the first that there's none for is left out, and on it goes."""
        where: dict[str, str] = {}
        unplaced: dict[str, Reason] = {}
        rest = list(waiting)
        while rest:
            count = self._fitting(rest)
            found = self._try(rest[:count])
            for demand in rest[:count]:
                where[demand.key] = self._settled[demand.key] = found.where[demand.key]
            self._there += rest[:count]
            rest = rest[count:]
            if rest:
                reason = self._try(rest[:1]).unplaced[0].reason
                # What asks for the same finds no more room than the first of them.
                alike = [demand for demand in rest if replace(demand, key="") == replace(rest[0], key="")]
                unplaced |= {demand.key: reason for demand in alike}
                rest = [demand for demand in rest if demand not in alike]
        return where, unplaced

    def _fitting(self, rest: Sequence[Demand]) -> int:
        """How many of the first have room together."""
        if not self._try(rest).unplaced:
            return len(rest)
        low, high = 0, len(rest)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._try(rest[:middle]).unplaced else (middle, high)
        return low

    def _try(self, demands: Sequence[Demand]) -> Placement:
        found = place([*self._there, *demands], self._boxes, self._settled)
        asked = {demand.key for demand in demands}
        return replace(found, unplaced=tuple(each for each in found.unplaced if each.key in asked))
