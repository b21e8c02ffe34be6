"""Variables of the `server_*` roles. They come from the consortium alone: a server never knows a tenant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.artifacts.model import Pin
from provisioner.artifacts.requirements import SIGN_IN
from provisioner.inventory.certificates import acme_variables
from provisioner.inventory.keeping import server_backup_variables
from provisioner.inventory.lodging import LEAST, Lodging, Other, edition
from provisioner.inventory.values import Reference
from provisioner.spec.consortium import Consortium, Server, ServerRole


def server_variables(
    consortium: Consortium, there: Lodging, pins: Mapping[str, Pin], others: Sequence[Other] = ()
) -> dict[str, Any]:
    """What the server layer needs to know of one server, by role variable; ``others`` are former releases there."""
    server = there.server
    variables = {
        **_base(consortium, server),
        **_firewall(consortium, server),
        **_audit(consortium),
        **server_backup_variables(consortium, server, there.awaited),
        "server_storage_device": server.data_device,
        "server_web_address": server.address,
    }
    if ServerRole.BACKUP in server.roles:
        # It shows nobody anything, so nothing of that is there.
        return {name: value for name, value in variables.items() if not name.startswith("server_web_")} | {
            "server_firewall_web": False
        }
    if ServerRole.IDENTITY in server.roles:
        variables |= _identity(consortium, server, pins["keycloak"])
    if "nextcloud" in there.services:
        variables |= _nextcloud(there, pins, others)
    if there.signs_in:
        plugin = pins[SIGN_IN["wordpress"]]
        variables |= {
            "server_wordpress_signin_version": plugin.version,
            "server_wordpress_signin_sha256": plugin.sha256,
        }
    return variables


def _audit(consortium: Consortium) -> dict[str, Any]:
    points = consortium.audit.vantage_points
    if not points:
        return {}
    return {
        "server_audit_vantage_points": [
            {"id": point.id, "public_key": point.public_key, "address": point.address or ""}
            for point in points
        ],
        "server_audit_networks": list(consortium.administration_networks),
        "server_firewall_vantage_addresses": [point.address for point in points if point.address],
    }


def _identity(consortium: Consortium, server: Server, keycloak: Pin) -> dict[str, Any]:
    return {
        "server_postgresql_loopback_roles": ["keycloak"],
        "server_identity_domain": server.identity_domain,
        "server_identity_address": server.address,
        "server_identity_version": keycloak.version,
        "server_identity_sha256": keycloak.sha256,
        **acme_variables(consortium, "server_identity_"),
        "server_identity_authorities": _beside_specs(consortium.identity_authorities),
        "server_identity_administration_networks": list(consortium.administration_networks),
        "server_identity_mail_relay_host": consortium.mail_relay.host,
        "server_identity_mail_relay_port": consortium.mail_relay.port,
        "server_identity_application_addresses": sorted(
            each.address for each in consortium.servers if ServerRole.APPS in each.roles and not each.lost
        ),
    }


def _nextcloud(there: Lodging, pins: Mapping[str, Pin], others: Sequence[Other]) -> dict[str, Any]:
    newest = _release(there.editions, pins)
    found = {
        "server_nextcloud_signed": pins["nextcloud"].provenance == "upstream",
        "server_nextcloud_edition": edition(LEAST, pins),
        "server_nextcloud_artifacts": Reference("{{ nuage_artifacts }}"),
        "server_nextcloud_redis": there.redis,
        **{f"server_nextcloud_{name}": value for name, value in newest.items()},
    }
    if others:
        found["server_nextcloud_others"] = [_release(each.editions, each.pins) for each in others]
    return found


def _release(editions: Sequence[tuple[str, ...]], pins: Mapping[str, Pin]) -> dict[str, Any]:
    apps = sorted({name for each in editions for name in each})
    return {
        "version": pins["nextcloud"].version,
        "sha256": pins["nextcloud"].sha256,
        "apps": [{"name": name, "version": pins[name].version, "sha256": pins[name].sha256} for name in apps],
        "editions": [{"name": edition(each, pins), "apps": list(each)} for each in editions],
    }


def _base(consortium: Consortium, server: Server) -> dict[str, Any]:
    debian = consortium.debian
    return {
        "server_base_hostname": server.id,
        "server_base_debian_mirror": debian.mirror,
        "server_base_debian_security_mirror": debian.security_mirror,
        "server_base_debian_proxy": debian.proxy or "",
        "server_base_resolvers": list(consortium.resolvers),
        "server_base_time_servers": list(consortium.time_servers),
        "server_base_administration_networks": list(consortium.administration_networks),
        "server_base_administration_keys": list(consortium.administration_keys),
        "server_base_mail_relay_host": consortium.mail_relay.host,
        "server_base_mail_relay_port": consortium.mail_relay.port,
        "server_base_mail_relay_tls": consortium.mail_relay.tls,
        "server_base_authority": _authority(consortium),
    }


def _authority(consortium: Consortium) -> str:
    name = consortium.acme.authority_file
    return _beside_specs(() if name is None else (name,))


def _beside_specs(names: Sequence[str]) -> str:
    """The texts of files that lie beside consortium.yml, one after the other."""
    if not names:
        return ""
    paths = (f"inventory_dir | dirname ~ '/{name}'" for name in names)
    texts = (f"lookup('ansible.builtin.file', {path}) ~ '\n'" for path in paths)
    return Reference(f"{{{{ {' ~ '.join(texts)} }}}}")


def _firewall(consortium: Consortium, server: Server) -> dict[str, Any]:
    debian = consortium.debian
    return {
        "server_firewall_administration_networks": list(consortium.administration_networks),
        "server_firewall_ssh_port": server.ssh_port,
        "server_firewall_resolvers": list(consortium.resolvers),
        "server_firewall_time_servers": list(consortium.time_servers),
        "server_firewall_debian_mirrors": [debian.mirror, debian.security_mirror],
        "server_firewall_debian_proxy": debian.proxy or "",
        "server_firewall_mail_relay_host": consortium.mail_relay.host,
        "server_firewall_mail_relay_port": consortium.mail_relay.port,
    }
