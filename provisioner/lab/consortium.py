"""A consortium's spec made to fit the lab: its servers become the lab's hosts, everything else stays.

The lab is its mirror, its resolver, its mail relay, its certificate authority and its administration network.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from provisioner.files import read_text, write_atomic
from provisioner.lab import mail
from provisioner.lab.lab import Lab
from provisioner.lab.state import LabStatus

AUTHORITY = "lab-authority.pem"


def fit(folder: Path, status: LabStatus, public_key: str) -> None:
    """Rewrite the folder's consortium.yml for the lab; the lab's hosts bear the servers' ids.

    Raises:
        KeyError: the spec names a server that the lab doesn't have.
    """
    path = folder / "consortium.yml"
    spec: dict[str, Any] = yaml.safe_load(read_text(path))
    hosts = {host.name: host for host in status.hosts}
    gateway = str(status.gateway)
    for server in spec["servers"]:
        host = hosts[server["id"]]
        server |= {
            "address": str(host.address),
            "ssh_port": host.ssh_port,
            "ssh_host_key": host.ssh_host_key,
            "ssh_user": "root",
        }
    spec |= {
        "debian": {"mirror": status.debian_mirror, "security_mirror": status.debian_security_mirror},
        "resolvers": [str(status.resolver)],
        "time_servers": [gateway],
        "administration_networks": [str(status.network)],
        "administration_keys": [public_key.strip()],
    }
    spec["mail_relay"] |= {"host": gateway, "port": mail.PORT, "tls": "none"}
    spec["acme"] |= {"directory": status.acme_directory, "authority_file": AUTHORITY}
    write_atomic(folder / AUTHORITY, Path(status.acme_root).read_bytes())
    write_atomic(path, yaml.safe_dump(spec, allow_unicode=True, sort_keys=False))


def announce(lab: Lab, folder: Path) -> None:
    """Let the lab's resolver know the names of sign-in pages, and those of every municipality that is placed."""
    from provisioner import workflow
    from provisioner.inventory.home import nextcloud_names, website_names
    from provisioner.spec.consortium import ServerRole

    prepared = workflow.prepare(folder)
    addresses = {server.id: server.address for server in prepared.specs.consortium.servers}
    names = {
        server.identity_domain: server.address
        for server in prepared.specs.consortium.servers
        if server.identity_domain is not None and not server.lost
    }
    for host, placed in prepared.plan.lock.placements.items():
        if host.endswith(f"-{ServerRole.APPS}"):
            tenant = prepared.specs.tenants[placed.slug]
            hosted = (*website_names(tenant), *nextcloud_names(tenant))
            names |= dict.fromkeys(hosted, addresses[placed.server])
    lab.set_names(names)
