"""From a plan and its specs to the texts of a static Ansible inventory. Pure: no file is read or written.

One `hosts.json` holds every host with its variables, one line each; ADR 0002 says why.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from provisioner.inventory.groups import server_groups, tenant_groups
from provisioner.inventory.layers import Layers
from provisioner.inventory.server_variables import server_variables
from provisioner.inventory.tenant_variables import tenant_variables
from provisioner.inventory.values import plain
from provisioner.planning.canonical import digest
from provisioner.planning.lock import Placed
from provisioner.spec.consortium import Consortium, Server
from provisioner.spec.tenant import Tenant

HOSTS = "hosts.json"
SHARED = "group_vars/all/main.json"
KNOWN_HOSTS = "known_hosts"
IGNORED = ".gitignore"
VAULT = "group_vars/tenants/secrets.vault.yml"
"""In the tenants' group: a run that is limited to servers needs no vault password."""

# ssh splits the option's value again, and reads % as a token: hence the inner quotes and the doubling.
_SSH = (
    "-o 'UserKnownHostsFile=\"{{ inventory_dir | replace('%', '%%') }}/" + KNOWN_HOSTS + "\"' "
    "-o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes"
)

Host = dict[str, Any]


def render(
    consortium: Consortium, tenants: Mapping[str, Tenant], placements: Mapping[str, Placed], layers: Layers
) -> dict[str, str]:
    """The inventory's files, by path relative to its folder; the vault's is copied apart.

    Every placement names a slug of ``tenants`` and a server of the consortium, as in a plan without refusals.
    """
    servers = {server.id: server for server in consortium.servers}
    hosts: dict[str, Host] = {}
    # Filled by the first play; named here so that Ansible knows them when nothing is stale.
    groups: dict[str, list[str]] = {"stale_servers": [], "stale_tenants": []}
    lodgers: dict[str, dict[str, str]] = {name: {} for name in servers}
    for host, placed in sorted(placements.items()):
        server, tenant = servers[placed.server], tenants[placed.slug]
        hosts[host] = _tenant(consortium, server, tenant, placed, layers.tenant)
        lodgers[server.id][host] = hosts[host]["nuage_digest"]
        for group in tenant_groups(tenant, server.id):
            groups.setdefault(group, []).append(host)
    for name, server in sorted(servers.items()):
        hosts[name] = _server(consortium, server, lodgers[name], layers.server)
        for group in server_groups(server):
            groups.setdefault(group, []).append(name)
    return {
        HOSTS: _hosts_text(hosts, groups),
        SHARED: json.dumps(
            {"ansible_python_interpreter": "/usr/bin/python3", "ansible_ssh_common_args": _SSH}, indent=2
        )
        + "\n",
        IGNORED: "*\n",
        KNOWN_HOSTS: "".join(sorted({_known_host(server) for server in consortium.servers})),
    }


def _server(consortium: Consortium, server: Server, lodgers: Mapping[str, str], layer: str) -> Host:
    variables = server_variables(consortium, server)
    own = digest({"variables": variables, "layer": layer})
    return {
        **_connection(server),
        **variables,
        "nuage_digest": own,
        # What the first play compares with what the server recorded; apart from its digest.
        "nuage_desired": {server.id: own, **lodgers},
    }


def _tenant(consortium: Consortium, server: Server, tenant: Tenant, placed: Placed, layer: str) -> Host:
    website = tenant.services.wordpress
    roles = {} if website is None else tenant_variables(consortium, server, tenant, website, placed.state)
    variables = {**roles, "nuage_server": server.id, "nuage_state": placed.state}
    return {
        **_connection(server),
        **variables,
        "nuage_digest": digest({"variables": variables, "layer": layer}),
    }


def _connection(server: Server) -> Host:
    return {
        "ansible_host": server.address,
        "ansible_port": server.ssh_port,
        "ansible_user": server.ssh_user,
        "ansible_become": server.ssh_user != "root",
    }


def _known_host(server: Server) -> str:
    name = server.address if server.ssh_port == 22 else f"[{server.address}]:{server.ssh_port}"
    return f"{name} {server.ssh_host_key}\n"


def _hosts_text(hosts: Mapping[str, Host], groups: Mapping[str, list[str]]) -> str:
    host_lines = ",\n".join(f"{json.dumps(name)}: {_line(plain(hosts[name]))}" for name in sorted(hosts))
    group_lines = ",\n".join(
        f"{json.dumps(name)}: {_line({'hosts': dict.fromkeys(sorted(groups[name]))})}"
        for name in sorted(groups)
    )
    return f'{{"all": {{"hosts": {{\n{host_lines}\n}}, "children": {{\n{group_lines}\n}}}}}}\n'


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
