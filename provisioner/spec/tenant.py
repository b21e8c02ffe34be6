"""`tenants/<slug>.yml`: one municipality and what it asked for."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from provisioner.spec.sizing import WORDPRESS, Reservation, Size
from provisioner.spec.types import (
    Code,
    Day,
    Domain,
    Email,
    Integer,
    Model,
    Moment,
    Network,
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


class Mode(StrEnum):
    """How PHP waits: stopped when idle, or always there (straight from nginx, for busy sites)."""

    ON_DEMAND = "on-demand"
    RESIDENT = "resident"


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


class WordPress(Model):
    """A website, and its sizing; explicit figures win over the size class."""

    size: Size = Size.SMALL
    mode: Mode = Mode.ON_DEMAND
    memory_mib: Integer | None = Field(default=None, ge=32, le=1048576)
    disk_mib: Integer | None = Field(default=None, ge=512, le=1073741824)
    allowed_destinations: tuple[Network, ...] = ()
    """Addresses or networks that the site may reach; none by default."""

    def reservation(self) -> Reservation:
        """What the site needs of a server."""
        base = WORDPRESS[self.size]
        return Reservation(
            memory_mib=self.memory_mib or base.memory_mib,
            disk_mib=self.disk_mib or base.disk_mib,
            workers=base.workers,
        )


class Services(Model):
    """The services asked for; a service that isn't named isn't deployed."""

    wordpress: WordPress | None = None

    @model_validator(mode="after")
    def _something_asked(self) -> Self:
        if self.wordpress is None:
            raise PydanticCustomError("no_service", "", {})
        return self


class Retention(Model):
    """How long things are kept, in days."""

    logs_days: Integer = Field(default=90, ge=1, le=3650)
    backups_days: Integer = Field(default=365, ge=7, le=3650)


class Placing(Model):
    """Constraints on placement; empty means any server of the role."""

    only: tuple[Slug, ...] = ()
    avoid: tuple[Slug, ...] = ()


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
    placement: Placing = Placing()
    state: State
    leaving_until: Day | None = None
    """Last day on which a leaving municipality's sites answer, read-only."""
    history: tuple[Event, ...] = ()

    @property
    def unix_user(self) -> str:
        """The account that owns everything of this municipality on a server."""
        return f"t{self.code}"

    @model_validator(mode="after")
    def _leaving_has_a_date(self) -> Self:
        if (self.state is State.LEAVING) != (self.leaving_until is not None):
            raise PydanticCustomError(
                "leaving_date", "{value}", {"value": self.state.value, "field": "leaving_until"}
            )
        return self
