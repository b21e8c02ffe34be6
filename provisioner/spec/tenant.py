"""`tenants/<slug>.yml`: one municipality and what it asked for."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from provisioner.spec.services import Services
from provisioner.spec.types import (
    Code,
    Day,
    Domain,
    Ed25519Key,
    Email,
    Integer,
    Model,
    Moment,
    Prose,
    Slug,
    Text,
    Version,
)


class State(StrEnum):
    """Where a municipality stands; only approved, active, suspended and leaving ones live on servers."""

    REQUESTED = "requested"
    REFUSED = "refused"
    APPROVED = "approved"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEAVING = "leaving"


class Contact(Model):
    """A person the consortium may write to."""

    name: Text
    email: Email
    telephone: Text | None = None


class Contacts(Model):
    """The people of a municipality."""

    administrator: Contact
    privacy_officer: Contact
    """In charge of the protection of personal information (Loi 25)."""


class Domains(Model):
    """Names of the municipality's services."""

    website: Domain
    website_aliases: tuple[Domain, ...] = ()
    """Redirected to `website`."""
    nextcloud: Domain | None = None
    """Of the files, calendars and contacts; needed when the service is asked for."""


class Retention(Model):
    """How long things are kept, in days."""

    logs_days: Integer = Field(default=90, ge=1, le=3650)
    backups_days: Integer = Field(default=365, ge=7, le=3650)


class Placing(Model):
    """Constraints on placement; empty means any server of the role."""

    only: tuple[Slug, ...] = ()
    """Servers that its applications may be on."""
    avoid: tuple[Slug, ...] = ()
    """Servers that neither its applications nor its people's accounts may be on."""


class Event(Model):
    """Who did what, when and why."""

    at: Moment
    by: Text
    action: Text
    reason: Prose = ""


class Tenant(Model):
    """The whole of `tenants/<slug>.yml`; the slug is the file's name, the code is the identity."""

    version: Version = 1
    code: Code
    """Five-digit geographic code of the Répertoire des municipalités, quoted."""
    name: Text
    designation: Text
    population: Integer | None = Field(default=None, ge=0, le=10_000_000)
    region: Text | None = None
    mrc: Text | None = None
    language: Literal["fr", "en"] = "fr"
    contacts: Contacts
    domains: Domains
    services: Services
    ring: Slug
    retention: Retention = Retention()
    impact_assessment: Text | None = None
    """Reference of its privacy impact assessment (ÉFVP) of these services."""
    placement: Placing = Placing()
    export_key: Ed25519Key | None = None
    """OpenSSH public key of the municipality's own, by which it signs the receipt of its export."""
    state: State
    leaving_until: Day | None = None
    """Last day on which a leaving municipality's sites answer, read-only."""
    history: tuple[Event, ...] = ()

    @property
    def unix_user(self) -> str:
        """The account that owns everything of this municipality on a server."""
        return f"t{self.code}"

    @model_validator(mode="after")
    def _nextcloud_has_a_name(self) -> Self:
        if self.services.nextcloud is not None and self.domains.nextcloud is None:
            raise PydanticCustomError(
                "nextcloud_domain", "{value}", {"value": "", "field": "domains.nextcloud"}
            )
        return self

    @model_validator(mode="after")
    def _leaving_has_a_date(self) -> Self:
        if (self.state is State.LEAVING) != (self.leaving_until is not None):
            raise PydanticCustomError(
                "leaving_date", "{value}", {"value": self.state.value, "field": "leaving_until"}
            )
        return self
