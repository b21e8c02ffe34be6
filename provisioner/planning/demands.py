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


def residents(tenants: Mapping[str, Tenant]) -> Iterator[Resident]:
    """Everyone who lives on a server, by code."""
    for slug, tenant in sorted(tenants.items(), key=lambda item: item[1].code):
        state, website = LIVING.get(tenant.state), tenant.services.wordpress
        if state is None or website is None:
            continue
        host = f"{tenant.code}-{ServerRole.APPS}"
        reservation = website.reservation()
        demand = Demand(
            key=host,
            memory=reservation.memory_mib,
            disk=reservation.disk_mib,
            role=ServerRole.APPS,
            only=frozenset(tenant.placement.only),
            avoid=frozenset(tenant.placement.avoid),
        )
        yield Resident(host, slug, tenant, state, demand)


def bins(consortium: Consortium) -> list[Bin]:
    """The servers, with the headroom of the policy taken off."""
    found = []
    for server in consortium.servers:
        memory, disk = server.usable(consortium.policy.headroom)
        roles = frozenset(role.value for role in server.roles)
        found.append(Bin(server.id, memory, disk, roles, server.fault_domain, server.closed))
    return found


def spec_digest(tenant: Tenant) -> str:
    """Digest of what a spec asks for. Its state and its history are left out: they change no setting."""
    return digest(tenant.model_dump(exclude={"state", "history"}))
