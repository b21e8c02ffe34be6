"""The services that a municipality may ask for, and their sizing."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from provisioner.spec.sizing import NEXTCLOUD, WORDPRESS, Reservation, Size
from provisioner.spec.types import HttpsUrl, Integer, LdapUrl, Model, NarrowNetwork, Network, Sorted, Text

App = Literal["calendar", "contacts", "groupfolders", "notify_push"]
"""Apps of Nextcloud that aren't in its release."""


class Mode(StrEnum):
    """How PHP waits: stopped when idle, or always there (straight from nginx, for busy sites)."""

    ON_DEMAND = "on-demand"
    RESIDENT = "resident"


class WordPress(Model):
    """A website, and its sizing; explicit figures win over the size class."""

    size: Size = Size.SMALL
    mode: Mode = Mode.ON_DEMAND
    memory_mib: Integer | None = Field(default=None, ge=32, le=1048576)
    disk_mib: Integer | None = Field(default=None, ge=512, le=1073741824)
    allowed_destinations: tuple[Network, ...] = ()
    """Addresses or networks that the site may reach; none by default."""
    sign_in: Literal["accounts", "local"] = "accounts"
    """Where its editors sign in: with the municipality's accounts if any, or with passwords of the site's own."""

    def reservation(self) -> Reservation:
        """What the site needs of a server."""
        base = WORDPRESS[self.size]
        return Reservation(
            memory_mib=self.memory_mib or base.memory_mib,
            disk_mib=self.disk_mib or base.disk_mib,
            workers=base.workers,
        )


class Nextcloud(Model):
    """Files, calendars and contacts, and their sizing; explicit figures win over the size class."""

    size: Size = Size.SMALL
    mode: Mode = Mode.ON_DEMAND
    memory_mib: Integer | None = Field(default=None, ge=64, le=1048576)
    disk_mib: Integer | None = Field(default=None, ge=1024, le=1073741824)
    person_quota_mib: Integer | None = Field(default=None, ge=50, le=1073741824)
    """What one person may keep; a tenth of the disk by default."""
    locking: Literal["database", "redis"] = "database"
    """Who keeps file locks: Redis suits offices where many work on the same files at once."""
    apps: Annotated[frozenset[App], Sorted] = frozenset()
    """Apps beside those of the release; each needs its archive (`nuage artifacts list`)."""
    allowed_destinations: tuple[Network, ...] = ()
    """Addresses or networks that the service may reach; none by default."""

    def reservation(self) -> Reservation:
        """What the service needs of a server."""
        base = NEXTCLOUD[self.size]
        return Reservation(
            memory_mib=self.memory_mib or base.memory_mib,
            disk_mib=self.disk_mib or base.disk_mib,
            workers=base.workers,
        )

    @property
    def quota_mib(self) -> int:
        """What one person may keep."""
        return self.person_quota_mib or max(50, self.reservation().disk_mib // 10)


class Ldap(Model):
    """A directory of the municipality's own, whose people sign in with the password they have."""

    url: LdapUrl
    vendor: Literal["active-directory", "other"] = "other"
    bind_dn: Text
    """Account that reads the directory; its password is set with `nuage secrets set`."""
    users_dn: Text
    groups_dn: Text | None = None
    """Branch where groups named as ours are, whose people get our groups; none by default."""
    username_attribute: Text | None = None
    """Attribute that people sign in with; the vendor's usual one by default (`sAMAccountName`, `uid`)."""
    user_filter: Text | None = None


class Broker(Model):
    """An OpenID Connect provider of the municipality's own, which its people sign in at."""

    issuer: HttpsUrl
    """What the provider itself says in its discovery document, to the last letter."""
    client_id: Text
    """The client's secret is set with `nuage secrets set`."""
    name: Text
    """What people read on the button."""


class Identity(Model):
    """The municipality's own accounts: one sign-in for all its services."""

    second_factor: Literal["administrators", "everyone"] = "administrators"
    """Who must sign in with a second factor; the others may."""
    administration_networks: tuple[NarrowNetwork, ...] = ()
    """Networks from which the municipality's administrators manage its accounts."""
    federation: Ldap | None = None
    broker: Broker | None = None


class Services(Model):
    """The services asked for; a service that isn't named isn't deployed."""

    wordpress: WordPress | None = None
    nextcloud: Nextcloud | None = None
    identity: Identity | None = None

    @property
    def website_accounts(self) -> bool:
        """Whether the website's editors sign in with the municipality's accounts."""
        return (
            self.identity is not None and self.wordpress is not None and self.wordpress.sign_in == "accounts"
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the services that are asked for, sorted."""
        return tuple(name for name in sorted(type(self).model_fields) if getattr(self, name) is not None)

    def reservation(self) -> Reservation:
        """What the applications need of a server together; people's accounts are counted in realms."""
        each = [service.reservation() for service in (self.wordpress, self.nextcloud) if service is not None]
        return Reservation(
            memory_mib=sum(one.memory_mib for one in each),
            disk_mib=sum(one.disk_mib for one in each),
            workers=sum(one.workers for one in each),
        )

    @model_validator(mode="after")
    def _something_asked(self) -> Self:
        if not self.names:
            raise PydanticCustomError("no_service", "", {})
        return self

    @model_validator(mode="after")
    def _nextcloud_signs_in(self) -> Self:
        if self.nextcloud is not None and self.identity is None:
            raise PydanticCustomError("nextcloud_identity", "{value}", {"value": "", "field": "identity"})
        return self
