"""Where a municipality lives, and what follows from that for its services."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.inventory.lodging import Lodging
from provisioner.inventory.values import Reference
from provisioner.spec.consortium import Server
from provisioner.spec.services import Nextcloud, WordPress
from provisioner.spec.tenant import Tenant

WORDPRESS_DATABASE = 4
"""One part in four of a website's disk is its database's, whose limit is apart from the files'."""

NEXTCLOUD_DATABASE = 8
"""Of Nextcloud's disk, which holds files in the main."""


@dataclass(frozen=True)
class Home:
    """Where a municipality lives, and what it is doing there."""

    tenant: Tenant
    state: str
    there: Lodging
    """The server of this inventory host, and what else it runs."""
    identity: Server | None
    """Of its accounts, if it has any."""
    keeper: Server | None = None
    """Of its copies, where the consortium has one at another site."""

    @property
    def server(self) -> Server:
        """Of this inventory host."""
        return self.there.server

    @property
    def issuer(self) -> str:
        """What its sign-ins come from."""
        name = self.identity.identity_domain if self.identity else None
        return f"https://{name}/realms/{self.tenant.code}" if name else ""


def website_names(tenant: Tenant) -> tuple[str, ...]:
    """Names of a municipality's website, its own first; none where the consortium doesn't hold it."""
    if tenant.services.wordpress is None:
        return ()
    return (tenant.domains.website, *tenant.domains.website_aliases)


def nextcloud_names(tenant: Tenant) -> tuple[str, ...]:
    """The name of its Nextcloud, if it has one."""
    name = tenant.domains.nextcloud
    return (name,) if tenant.services.nextcloud is not None and name is not None else ()


def database_mib(application: WordPress | Nextcloud | None, share: int) -> int:
    """Disk of an application's database: one part in ``share``."""
    return application.reservation().disk_mib // share if application is not None else 0


def secret(code: str, name: str) -> Reference:
    """Where the vault holds a secret."""
    return Reference(f"{{{{ nuage_secrets['{code}']['{name}'] }}}}")
