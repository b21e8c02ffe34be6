"""`consortium.yml`: who shares what, where, and under which policy."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from provisioner.spec.audit import Audit
from provisioner.spec.sizing import KEYCLOAK_MEMORY_MIB
from provisioner.spec.types import (
    Address,
    Country,
    Device,
    Domain,
    Email,
    FileName,
    Flag,
    Host,
    HostKey,
    Integer,
    Model,
    NarrowNetwork,
    Neq,
    Number,
    Port,
    Province,
    PublicKey,
    ServerAddress,
    Share,
    Slug,
    Sorted,
    Text,
    Url,
    Version,
)


class LegalForm(StrEnum):
    """What kind of body operates a site."""

    PUBLIC = "public"
    COOPERATIVE = "cooperative"
    NON_PROFIT = "non-profit"
    PRIVATE = "private"


class ServerRole(StrEnum):
    """What a server does; the services of a tenant live on servers of their role."""

    APPS = "apps"
    """WordPress and Nextcloud."""
    IDENTITY = "identity"
    """Keycloak: one cell of municipalities' realms."""
    BACKUP = "backup"
    """Copies of municipalities that live at other sites, and nothing else."""


class Headroom(Model):
    """The share of a server's capacity that placement leaves free."""

    memory: Share = 0.2
    disk: Share = 0.2


class Policy(Model):
    """What the members agreed on; `nuage validate` refuses a spec that breaks it."""

    countries: Annotated[frozenset[Country], Sorted] = frozenset({"CA"})
    """Countries allowed for an operator and its ultimate parent."""
    provinces: Annotated[frozenset[Province], Sorted] = frozenset({"QC"})
    """Provinces allowed for a site."""
    legal_forms: Annotated[frozenset[LegalForm], Sorted] = frozenset(LegalForm)
    headroom: Headroom = Headroom()
    upgrade_days: Integer = Field(default=7, ge=0, le=365)
    """Days that a ring must have been on a release before the next one may follow."""
    rebuild_first: tuple[Slug, ...] = ()
    """Municipalities that are brought back first where a server is lost, in this order; then the smallest first."""
    declared_flows: Annotated[frozenset[Literal["acme"]], Sorted] = frozenset()
    """Flows abroad that the members know of and accept, such as a certificate authority."""


class UltimateParent(Model):
    """Who controls an operator in the end."""

    name: Text
    country: Country


class Operator(Model):
    """The body that runs a site."""

    id: Slug
    name: Text
    neq: Neq
    """Numéro d'entreprise du Québec, ten digits, quoted."""
    legal_form: LegalForm
    country: Country
    ultimate_parent: UltimateParent
    foreign_law: Annotated[frozenset[Country], Sorted] = frozenset()
    """Countries whose law reaches it all the same: a branch, an affiliate, a contract. Declared, never refused."""


class Site(Model):
    """A building that holds servers. Coordinates in degrees, WGS 84."""

    id: Slug
    city: Text
    province: Province
    latitude: Number = Field(ge=-90, le=90)
    longitude: Number = Field(ge=-180, le=180)
    operator: Slug


class Server(Model):
    """A Debian 13 machine."""

    id: Slug
    site: Slug
    address: ServerAddress
    ssh_port: Port = 22
    ssh_host_key: HostKey
    ssh_user: Literal["root", "nuage"] = "nuage"
    """Account of the first connection; `server_base` creates `nuage`."""
    memory_gib: Integer = Field(gt=0, le=65536)
    disk_gib: Integer = Field(gt=0, le=1048576)
    roles: Annotated[frozenset[ServerRole], Sorted] = Field(min_length=1)
    fault_domain: Slug
    closed: Flag = False
    """Takes no new tenant."""
    lost: Flag = False
    """Gone for good: nothing is done there any more, and who lived there waits for `nuage rebuild`."""
    data_device: Device = ""
    """Block device of the Btrfs volume mounted on /srv; empty where it is mounted already."""
    identity_domain: Domain | None = None
    """Name of the sign-in pages of an identity server; what people's sign-ins are bound to, so it never changes."""
    realms: Integer = Field(default=200, ge=1, le=200)
    """Municipalities that an identity server holds; Keycloak slows down past about 300."""

    def usable(self, headroom: Headroom) -> tuple[int, int]:
        """Memory and disk in MiB that placement may give away."""
        keycloak = KEYCLOAK_MEMORY_MIB if ServerRole.IDENTITY in self.roles else 0
        return (
            max(0, int(self.memory_gib * 1024 * (1 - headroom.memory)) - keycloak),
            int(self.disk_gib * 1024 * (1 - headroom.disk)),
        )

    @model_validator(mode="after")
    def _identity_has_a_name(self) -> Self:
        if (ServerRole.IDENTITY in self.roles) != (self.identity_domain is not None):
            raise PydanticCustomError(
                "identity_domain",
                "{value}",
                {"value": self.identity_domain or "", "field": "identity_domain"},
            )
        return self

    @model_validator(mode="after")
    def _keeper_does_nothing_else(self) -> Self:
        if ServerRole.BACKUP in self.roles and len(self.roles) > 1:
            value = ", ".join(sorted(self.roles))
            raise PydanticCustomError("backup_alone", "{value}", {"value": value, "field": "roles"})
        return self


class Debian(Model):
    """Where packages come from; no default, so that no address is taken by accident."""

    mirror: Url
    security_mirror: Url
    proxy: Url | None = None


class MailRelay(Model):
    """The consortium's mail relay."""

    host: Host
    port: Port = 25
    tls: Literal["none", "starttls", "tls"] = "starttls"
    """How mail on its way to the relay is encrypted; in clear only to a relay on the consortium's own networks."""
    sender_domain: Domain


class Acme(Model):
    """The certificate authority and its country: one abroad is a declared flow."""

    directory: Url
    country: Country
    contact: Email
    authority_file: FileName | None = None
    """PEM file, beside consortium.yml, of an authority that public trust stores don't have."""


class Backups(Model):
    """How the copies are made that servers of role `backup` hold."""

    hour: Integer = Field(default=1, ge=0, le=23)
    """Of the servers' time zone, from which nightly copies begin."""
    upload_kib: Integer = Field(default=0, ge=0, le=10_000_000)
    """Bound of what one municipality's copy sends, in KiB a second; 0 for none."""
    late_hours: Integer = Field(default=30, ge=1, le=720)
    """Age after which the last good copy is late, and the ops team is told."""
    contact: Email | None = None
    """Whom mail about copies goes to; the certificate authority's contact by default."""


class Backends(Model):
    """What tenants use that may one day be elsewhere; roles take these and never assume localhost."""

    database: Literal["local"] = "local"


class Consortium(Model):
    """The whole of `consortium.yml`."""

    version: Version = 1
    name: Text
    language: Literal["fr", "en"] = "fr"
    policy: Policy = Policy()
    operators: tuple[Operator, ...] = Field(min_length=1)
    sites: tuple[Site, ...] = Field(min_length=1)
    servers: tuple[Server, ...] = Field(min_length=1)
    debian: Debian
    resolvers: tuple[Address, ...] = Field(min_length=1)
    time_servers: tuple[Host, ...] = Field(min_length=1)
    mail_relay: MailRelay
    artifact_mirror: Url
    acme: Acme
    identity_authorities: tuple[FileName, ...] = ()
    """PEM files, beside consortium.yml, of authorities of municipalities' directories and providers: sign-in servers
    trust them besides the public ones, for all municipalities alike."""
    administration_networks: tuple[NarrowNetwork, ...] = Field(min_length=1)
    administration_keys: tuple[PublicKey, ...] = ()
    """OpenSSH public keys of the ops team."""
    backends: Backends = Backends()
    backups: Backups = Backups()
    rings: tuple[Slug, ...] = Field(min_length=1)
    """Release rings, the first one first."""
    audit: Audit = Audit()

    @model_validator(mode="after")
    def _rings_differ(self) -> Self:
        if len(set(self.rings)) != len(self.rings):
            raise PydanticCustomError(
                "duplicate_ring", "{value}", {"value": ", ".join(self.rings), "field": "rings"}
            )
        return self
