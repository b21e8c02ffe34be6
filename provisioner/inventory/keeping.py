"""Who keeps a municipality's copies: a server of role `backup`, at a site where none of its own stands (ADR 15)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from provisioner.inventory.home import Home, secret
from provisioner.spec.consortium import Consortium, Server, ServerRole

ROOM = 3
"""Times its own disk that a municipality's copies may take at the keeper: what changed in a year is there too."""


def keepers(consortium: Consortium) -> tuple[Server, ...]:
    """Servers that hold copies, in the spec's order."""
    return tuple(
        server for server in consortium.servers if ServerRole.BACKUP in server.roles and not server.lost
    )


def writers(consortium: Consortium) -> tuple[Server, ...]:
    """Servers that municipalities live on; one that is lost may be in anybody's hands."""
    return tuple(
        server for server in consortium.servers if ServerRole.BACKUP not in server.roles and not server.lost
    )


def keeper_of(consortium: Consortium, homes: Iterable[Server]) -> Server | None:
    """The first keeper that stands elsewhere than all of ``homes``; a keeper added at the end changes nobody's."""
    sites = {server.site for server in homes}
    return next((server for server in keepers(consortium) if server.site not in sites), None)


def server_backup_variables(
    consortium: Consortium, server: Server, awaited: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """What `server_backup` needs to know of one server, and the firewall with it; nothing without a keeper. ``awaited``
    are keepers that somebody is brought back from there, at whatever site they are."""
    if not keepers(consortium):
        return {}
    if ServerRole.BACKUP in server.roles:
        addresses = sorted(each.address for each in writers(consortium))
        return {"server_backup_writers": addresses, "server_firewall_writer_addresses": addresses}
    elsewhere = [each for each in keepers(consortium) if each.site != server.site or each.id in awaited]
    backups = consortium.backups
    return {
        "server_backup_keepers": [
            {"address": each.address, "port": each.ssh_port, "host_key": each.ssh_host_key}
            for each in elsewhere
        ],
        "server_backup_contact": backups.contact or consortium.acme.contact,
        "server_backup_sender_domain": consortium.mail_relay.sender_domain,
        "server_backup_language": consortium.language,
        "server_backup_hour": backups.hour,
        "server_backup_late_hours": backups.late_hours,
        "server_firewall_allowed_destinations": [
            {"address": each.address, "port": each.ssh_port} for each in elsewhere
        ],
    }


def tenant_backup_variables(consortium: Consortium, home: Home, role: str) -> dict[str, Any]:
    """What `tenant_backup` needs to know of one municipality on one kind of server; nothing without a keeper."""
    keeper, tenant = home.keeper, home.tenant
    if keeper is None:
        return {}
    services = tenant.services
    apps = role == ServerRole.APPS
    return {
        "tenant_backup_code": tenant.code,
        "tenant_backup_name": f"{tenant.code}-{role}",
        "tenant_backup_keeper": keeper.id,
        "tenant_backup_keeper_address": keeper.address,
        "tenant_backup_keeper_port": keeper.ssh_port,
        "tenant_backup_services": [name for name in services.names if name != "identity"] if apps else [],
        # Both of a municipality's servers write to one repository; the one of its applications makes it.
        "tenant_backup_first": apps or (services.wordpress is None and services.nextcloud is None),
        "tenant_backup_limit_mib": max(1024, services.reservation().disk_mib * ROOM),
        "tenant_backup_upload_kib": consortium.backups.upload_kib,
        "tenant_backup_password": secret(tenant.code, "backup_password"),
    }
