"""Variables of the `server_*` roles. They come from the consortium alone: a server never knows a tenant."""

from __future__ import annotations

from typing import Any

from provisioner.spec.consortium import Consortium, Server


def server_variables(consortium: Consortium, server: Server) -> dict[str, Any]:
    """What the server layer needs to know of one server, by role variable."""
    return {
        **_base(consortium, server),
        **_firewall(consortium, server),
        "server_storage_device": server.data_device,
        "server_web_address": server.address,
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
    }


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
