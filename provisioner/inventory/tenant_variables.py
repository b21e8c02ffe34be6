"""Variables of the `tenant_*` roles, from a municipality's spec and the server that it was placed on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.artifacts.model import Pin
from provisioner.inventory.application_variables import nextcloud_variables, wordpress_variables
from provisioner.inventory.certificates import acme_variables
from provisioner.inventory.home import (
    NEXTCLOUD_DATABASE,
    WORDPRESS_DATABASE,
    Home,
    database_mib,
    nextcloud_names,
    website_names,
)
from provisioner.spec.consortium import Consortium

FIRST_UID = 300_000
"""Plus the geographic code: the same number on every server, and a code never collides."""

SECRETS = (
    "backup_password",
    "nextcloud_admin_password",
    "nextcloud_seed",
    "oidc_nextcloud_secret",
    "oidc_wordpress_secret",
    "wordpress_admin_password",
    "wordpress_seed",
)
"""Names of a municipality's secrets in the vault, which are made for it whatever it asks for."""


def apps_variables(consortium: Consortium, home: Home, pins: Mapping[str, Pin]) -> dict[str, Any]:
    """What the roles of a municipality's applications need to know, by role variable."""
    services = home.tenant.services
    variables = {**_base(home), **_certificate(consortium, home)}
    if services.wordpress is not None:
        variables |= wordpress_variables(consortium, home, services.wordpress)
    if services.nextcloud is not None:
        variables |= nextcloud_variables(consortium, home, services.nextcloud, pins)
    return variables


def pages(home: Home, services: Iterable[str]) -> list[dict[str, Any]]:
    """What each of these services must answer before it counts as converged."""
    tenant, closed = home.tenant, home.state == "suspended"
    found: list[dict[str, Any]] = []
    for service in services:
        if service == "wordpress":
            path = "/" if closed else "/nuage-ping"
            found.append({"domain": tenant.domains.website, "path": path})
        elif service == "nextcloud":
            found.append({"domain": tenant.domains.nextcloud, "path": "/status.php"})
        elif home.identity is not None and not closed:
            path = f"/realms/{tenant.code}/.well-known/openid-configuration"
            found.append({"domain": home.identity.identity_domain, "path": path})
    return [{**page, "status": 503 if closed else 200} for page in found]


def _base(home: Home) -> dict[str, Any]:
    tenant, services = home.tenant, home.tenant.services
    names: list[dict[str, Any]] = [
        {"address": home.server.address, "names": [*website_names(tenant), *nextcloud_names(tenant)]},
        *(
            [{"address": home.identity.address, "names": [home.identity.identity_domain]}]
            if home.identity
            else []
        ),
    ]
    reservation = services.reservation()
    databases = database_mib(services.wordpress, WORDPRESS_DATABASE)
    databases += database_mib(services.nextcloud, NEXTCLOUD_DATABASE)
    applications = [each for each in (services.wordpress, services.nextcloud) if each is not None]
    return {
        "tenant_base_code": tenant.code,
        "tenant_base_user": tenant.unix_user,
        "tenant_base_uid": FIRST_UID + int(tenant.code),
        "tenant_base_disk_mib": reservation.disk_mib - databases,
        "tenant_base_memory_mib": reservation.memory_mib,
        "tenant_base_services": list(services.names),
        "tenant_base_names": names,
        "tenant_base_web_destinations": sorted({entry["address"] for entry in names}),
        "tenant_base_allowed_destinations": sorted(
            {network for each in applications for network in each.allowed_destinations}
        ),
    }


def _certificate(consortium: Consortium, home: Home) -> dict[str, Any]:
    """One for each application, because their names are of no concern to each other's visitors."""
    named = [names for names in (website_names(home.tenant), nextcloud_names(home.tenant)) if names]
    first, *more = ({"domain": names[0], "aliases": list(names[1:])} for names in named)
    return {
        "tenant_certificate_domain": first["domain"],
        "tenant_certificate_aliases": first["aliases"],
        "tenant_certificate_more": more,
        **acme_variables(consortium, "tenant_certificate_"),
    }
