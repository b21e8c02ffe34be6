"""What the specs ask of the servers, in the terms of placement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from provisioner.planning.canonical import digest
from provisioner.planning.placement import Bin, Demand
from provisioner.spec.consortium import Consortium, ServerRole
from provisioner.spec.tenant import State, Tenant

Living = Literal["active", "suspended", "leaving"]

LIVING: Mapping[State, Living] = {
    State.APPROVED: "active",
    State.ACTIVE: "active",
    State.SUSPENDED: "suspended",
    State.LEAVING: "leaving",
}
"""States in which a municipality lives on servers, and what its sites then do."""


@dataclass(frozen=True)
class Resident:
    """One municipality on one server role: an inventory host."""

    host: str
    slug: str
    tenant: Tenant
    state: Living
    demand: Demand
    directory: bool = False
    """Whether its people come from a directory of the municipality's own."""
    given: str = ""
    """Changes with the secrets from elsewhere that this host is given."""


def residents(tenants: Mapping[str, Tenant], given: Mapping[str, str]) -> Iterator[Resident]:
    """Everyone who lives on a server, by code."""
    for slug, tenant in sorted(tenants.items(), key=lambda item: item[1].code):
        state = LIVING.get(tenant.state)
        if state is None:
            continue
        for demand in _demands(tenant):
            accounts = tenant.services.identity if demand.role == ServerRole.IDENTITY else None
            yield Resident(
                host=demand.key,
                slug=slug,
                tenant=tenant,
                state=state,
                demand=demand,
                directory=accounts is not None and accounts.federation is not None,
                given=given.get(tenant.code, "") if accounts else "",
            )


def _demands(tenant: Tenant) -> Iterator[Demand]:
    services, avoid = tenant.services, frozenset(tenant.placement.avoid)
    if services.wordpress is not None or services.nextcloud is not None:
        reservation = services.reservation()
        yield Demand(
            key=f"{tenant.code}-{ServerRole.APPS}",
            memory=reservation.memory_mib,
            disk=reservation.disk_mib,
            role=ServerRole.APPS,
            only=frozenset(tenant.placement.only),
            avoid=avoid,
        )
    if services.identity is not None:
        key = f"{tenant.code}-{ServerRole.IDENTITY}"
        yield Demand(key=key, memory=1, disk=1, role=ServerRole.IDENTITY, avoid=avoid)


def cells(consortium: Consortium) -> list[Bin]:
    """The identity servers, which hold a number of realms: what one asks for is 1, of both measures."""
    role = ServerRole.IDENTITY
    return [
        Bin(
            server.id,
            server.realms,
            server.realms,
            frozenset({role.value}),
            server.fault_domain,
            server.closed or server.lost,
        )
        for server in consortium.servers
        if role in server.roles
    ]


def bins(consortium: Consortium) -> list[Bin]:
    """The servers of applications, with the headroom of the policy taken off; memory and disk in MiB."""
    found = []
    for server in consortium.servers:
        if ServerRole.BACKUP in server.roles:
            continue
        memory, disk = server.usable(consortium.policy.headroom)
        roles = frozenset(role.value for role in server.roles)
        found.append(Bin(server.id, memory, disk, roles, server.fault_domain, server.closed or server.lost))
    return found


def spec_digest(tenant: Tenant) -> str:
    """Digest of what a spec asks for. Its state and its history are left out: they change no setting."""
    return digest(tenant.model_dump(exclude={"state", "history"}))
