"""What lives on a server, as its own roles may know it: services and apps that somebody there asked for, never who."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.artifacts.model import Pin
from provisioner.artifacts.requirements import SIGN_IN
from provisioner.planning.canonical import digest
from provisioner.spec.consortium import Server, ServerRole
from provisioner.spec.services import Nextcloud
from provisioner.spec.tenant import Tenant
from provisioner.upgrading.chosen import Chosen, release_name

LEAST = (SIGN_IN["nextcloud"],)
"""Apps that every Nextcloud has beside those of its release; the golden instance has no others."""


@dataclass(frozen=True)
class Lodging:
    """A server, and what it is asked to run."""

    server: Server
    services: frozenset[str]
    """Those that the server is made ready for besides websites, for which every server of applications is."""
    editions: tuple[tuple[str, ...], ...]
    """Each set of apps of Nextcloud's that somebody has, beside those of its release; the least comes first."""
    redis: bool
    """Whether somebody keeps file locks in Redis."""

    signs_in: bool
    """Whether a website there has its editors sign in at a realm."""
    awaited: frozenset[str] = frozenset()
    """Keepers whose copies somebody there still waits for."""


@dataclass(frozen=True)
class Other:
    """A release of Nextcloud that new municipalities don't get, and the sets of apps that somebody has with it."""

    pins: Mapping[str, Pin]
    editions: tuple[tuple[str, ...], ...]


def others(tenants: Iterable[Tenant], chosen: Chosen, pins: Mapping[str, Pin]) -> tuple[Other, ...]:
    """Releases that these municipalities have, and that isn't what new ones get."""
    newest = release_name(pins)
    found: dict[str, set[tuple[str, ...]]] = {}
    for tenant in tenants:
        name = chosen.release_of(tenant.code) or newest
        if tenant.services.nextcloud is not None and name != newest:
            found.setdefault(name, set()).add(nextcloud_apps(tenant.services.nextcloud))
    return tuple(
        Other(chosen.pins_of_release(name, pins), tuple(sorted(found[name], key=_least_first)))
        for name in sorted(found)
    )


def lodging(server: Server, tenants: Iterable[Tenant], awaited: Iterable[str] = ()) -> Lodging:
    """``tenants`` are those whose applications live on the server."""
    services: set[str] = {"identity"} if ServerRole.IDENTITY in server.roles else set()
    editions: set[tuple[str, ...]] = set()
    redis = signs_in = False
    for tenant in tenants:
        signs_in = signs_in or tenant.services.website_accounts
        if tenant.services.nextcloud is not None:
            services.add("nextcloud")
            editions |= {LEAST, nextcloud_apps(tenant.services.nextcloud)}
            redis = redis or tenant.services.nextcloud.locking == "redis"
    sets = tuple(sorted(editions, key=_least_first))
    return Lodging(server, frozenset(services), sets, redis, signs_in, frozenset(awaited))


def nextcloud_apps(cloud: Nextcloud) -> tuple[str, ...]:
    """Apps of a municipality's Nextcloud beside those of its release, sorted."""
    return tuple(sorted({*LEAST, *cloud.apps}))


def edition(apps: Iterable[str], pins: Mapping[str, Pin]) -> str:
    """Names Nextcloud's code and a set of added apps together; another archive makes another name."""
    version = pins["nextcloud"].version
    return f"{version}-{digest([pins[name].sha256 for name in ('nextcloud', *apps)])[:12]}"


def newest_of(cloud: Nextcloud, pins: Mapping[str, Pin]) -> dict[str, Any]:
    """What `nuage upgrade` brings a municipality to: a playbook's word, no role's variable."""
    return {
        "release": release_name(pins),
        "edition": edition(nextcloud_apps(cloud), pins),
        "signed": pins["nextcloud"].provenance == "upstream",
    }


def _least_first(apps: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    return len(apps), apps
