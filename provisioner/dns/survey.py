"""From a consortium's folder to the state of one municipality's records."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from provisioner import workflow
from provisioner.dns import authority
from provisioner.dns.judging import Judgement, judge
from provisioner.dns.records import Kind, Record, authority_records, sender_records, site_records
from provisioner.dns.resolving import Resolvers
from provisioner.errors import InvalidInputError, RefusedError
from provisioner.inventory.home import nextcloud_names, website_names
from provisioner.spec.consortium import ServerRole
from provisioner.spec.types import Model


class Survey(Model):
    """One municipality's records. ``caa_known`` is false where the authority doesn't name itself."""

    slug: str
    code: str
    server: str
    address: str
    caa_known: bool
    judgements: tuple[Judgement, ...]

    @property
    def fails(self) -> bool:
        """Whether a record has to be created or corrected."""
        return any(judgement.fails for judgement in self.judgements)


def survey(folder: Path, slug: str) -> Survey:
    """Ask the consortium's resolvers for each record that the municipality's sites need.

    Raises:
        InvalidInputError: the specs are invalid, or there's no such municipality.
        RefusedError: it has no place on a server yet.
        UnreachableError: no resolver answers.
    """
    prepared = workflow.prepare(folder)
    specs = prepared.specs
    if slug not in specs.tenants:
        raise InvalidInputError("dns.no-tenant", file=str(folder), subject=slug)
    tenant = specs.tenants[slug]
    # The plan's own placement: a municipality creates its records before its first deployment.
    # One that has accounts alone has no names of its own: people sign in at the consortium's.
    found = [prepared.plan.lock.placements.get(f"{tenant.code}-{role}") for role in ServerRole]
    place = next((each for each in found if each is not None), None)
    if place is None:
        raise RefusedError("dns.not-placed", subject=slug, state=tenant.state.value)
    server = next(each for each in specs.consortium.servers if each.id == place.server)
    names = (*website_names(tenant), *nextcloud_names(tenant))
    known = authority.identities(specs.consortium.acme, folder)
    records = (
        *site_records(names, server.address),
        *authority_records(names, known),
        *sender_records(specs.consortium.mail_relay),
    )
    resolvers = Resolvers(specs.consortium.resolvers)
    relay = _relay_addresses(specs.consortium.mail_relay.host, resolvers)
    return Survey(
        slug=slug,
        code=tenant.code,
        server=server.id,
        address=server.address,
        caa_known=bool(known),
        judgements=tuple(_judged(record, resolvers, relay) for record in records),
    )


def _judged(record: Record, resolvers: Resolvers, relay: tuple[str, ...]) -> Judgement:
    if record.kind is Kind.CAA:
        return judge(record, resolvers.ask_upwards(record.name))
    return judge(record, resolvers.ask(record.name, record.kind), relay)


def _relay_addresses(host: str, resolvers: Resolvers) -> tuple[str, ...]:
    try:
        return (str(ipaddress.ip_address(host)),)
    except ValueError:
        return (*resolvers.ask(host, Kind.A).values, *resolvers.ask(host, Kind.AAAA).values)
