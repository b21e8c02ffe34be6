"""A consortium's spec made to fit the lab: its servers become the lab's hosts, everything else stays.

The lab is its mirror, its resolver, its certificate authority and its administration network.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from provisioner.files import read_text, write_atomic
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
    spec["mail_relay"]["host"] = gateway
    spec["acme"] |= {"directory": status.acme_directory, "authority_file": AUTHORITY}
    write_atomic(folder / AUTHORITY, Path(status.acme_root).read_bytes())
    write_atomic(path, yaml.safe_dump(spec, allow_unicode=True, sort_keys=False))


def announce(lab: Lab, folder: Path) -> None:
    """Let the lab's resolver know every municipality's names, once they are placed."""
    from provisioner import workflow

    prepared = workflow.prepare(folder)
    addresses = {server.id: server.address for server in prepared.specs.consortium.servers}
    names: dict[str, str] = {}
    for placed in prepared.plan.lock.placements.values():
        domains = prepared.specs.tenants[placed.slug].domains
        names |= dict.fromkeys((domains.website, *domains.website_aliases), addresses[placed.server])
    lab.set_names(names)
