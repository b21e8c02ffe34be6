"""From a plan and its specs to the texts of a static Ansible inventory. Pure: no file is read or written.

One `hosts.json` holds every host with its variables, one line each; ADR 0002 says why.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.artifacts.model import Pin
from provisioner.inventory.groups import server_groups, tenant_groups
from provisioner.inventory.home import Home
from provisioner.inventory.identity_variables import identity_variables
from provisioner.inventory.keeping import keeper_of, tenant_backup_variables
from provisioner.inventory.layers import Layers
from provisioner.inventory.lodging import Lodging, Other, lodging, newest_of, others
from provisioner.inventory.server_variables import server_variables
from provisioner.inventory.tenant_variables import apps_variables, pages
from provisioner.inventory.values import plain
from provisioner.planning.canonical import digest
from provisioner.planning.lock import Placed
from provisioner.spec.consortium import Consortium, Server, ServerRole
from provisioner.spec.tenant import Tenant
from provisioner.upgrading.chosen import NOTHING_CHOSEN, Chosen

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

# Where the control machine keeps verified archives (provisioner.artifacts.cache), whoever starts Ansible.
_ARTIFACTS = (
    "{{ lookup('ansible.builtin.env', 'NUAGE_ARTIFACTS') or ((lookup('ansible.builtin.env', 'XDG_CACHE_HOME')"
    " or lookup('ansible.builtin.env', 'HOME') ~ '/.cache') ~ '/nuage-commun/artifacts') }}"
)

_FOR_ALL = {
    # Else servers log each module's arguments, where secrets of several lines inside a list are not recognised.
    "ansible_no_target_syslog": True,
    "ansible_python_interpreter": "/usr/bin/python3",
    "ansible_ssh_common_args": _SSH,
    "nuage_artifacts": _ARTIFACTS,
}

GROUPS = (
    "stale_servers",
    "stale_tenants",
    "tenants_apps",
    "tenants_identity",
    "role_apps",
    "role_backup",
    "role_identity",
)

Host = dict[str, Any]


def render(  # noqa: PLR0913, PLR0917  what an inventory is made of
    consortium: Consortium,
    tenants: Mapping[str, Tenant],
    placements: Mapping[str, Placed],
    layers: Layers,
    pins: Mapping[str, Pin],
    chosen: Chosen = NOTHING_CHOSEN,
) -> dict[str, str]:
    """The inventory's files, by path relative to its folder; the vault's is copied apart.

    Every placement names a slug of ``tenants`` and a server of the consortium, as in a plan without refusals; who is
    placed on a lost server is left out, and so is that server;
    ``pins`` has every archive that somebody's services need, and ``chosen`` the release of Nextcloud of each
    municipality that has one; the others get that of ``pins``.
    """
    living = _living(consortium, tenants, placements)
    awaited = _awaited(placements)
    lodgings = {
        server.id: lodging(server, living[server.id], awaited.get(server.id, ()))
        for server in consortium.servers
    }
    lost = {server.id for server in consortium.servers if server.lost}
    hosts: dict[str, Host] = {}
    # Filled by the first play, or by what the specs ask for; named here so that Ansible always knows them.
    groups: dict[str, list[str]] = {name: [] for name in GROUPS}
    lodgers: dict[str, dict[str, str]] = {name: {} for name in lodgings}
    for host, placed in sorted(placements.items()):
        if placed.server in lost:
            continue
        tenant, role = tenants[placed.slug], host.partition("-")[2]
        accounts = placements.get(f"{tenant.code}-{ServerRole.IDENTITY}")
        identity = lodgings[accounts.server].server if accounts else None
        keeper = keeper_of(consortium, _servers_of(tenant, placements, lodgings))
        beside = {"layer": layers.tenant, "given": placed.given}
        if placed.awaits is not None and not placed.awaits.back:
            # Its copies are where they were made to. Once they are in place, its digest is another: it converges again.
            there = lodgings.get(placed.awaits.keeper)
            keeper = there.server if there is not None else keeper
            beside["awaits"] = placed.awaits.snapshot
        home = Home(tenant, placed.state, lodgings[placed.server], identity, keeper)
        hosts[host] = _tenant(consortium, home, role, beside, chosen.pins_of(tenant.code, pins))
        if role == ServerRole.APPS and tenant.services.nextcloud is not None:
            # Beside its digest: what there is to go over to changes nothing by itself.
            hosts[host]["nuage_nextcloud_newest"] = newest_of(tenant.services.nextcloud, pins)
        lodgers[placed.server][host] = hosts[host]["nuage_digest"]
        for group in tenant_groups(tenant, placed.server, role):
            groups.setdefault(group, []).append(host)
    for name, there in sorted(lodgings.items()):
        if name in lost:
            continue
        former = others(living[name], chosen, pins)
        hosts[name] = _server(consortium, there, lodgers[name], layers.server, pins, former)
        for group in server_groups(there.server):
            groups.setdefault(group, []).append(name)
    return {
        HOSTS: _hosts_text(hosts, groups),
        SHARED: json.dumps(_FOR_ALL, indent=2) + "\n",
        IGNORED: "*\n",
        KNOWN_HOSTS: "".join(
            sorted({_known_host(server) for server in consortium.servers if not server.lost})
        ),
    }


def _living(
    consortium: Consortium, tenants: Mapping[str, Tenant], placements: Mapping[str, Placed]
) -> dict[str, list[Tenant]]:
    living: dict[str, list[Tenant]] = {server.id: [] for server in consortium.servers}
    for host, placed in sorted(placements.items()):
        if host.endswith(f"-{ServerRole.APPS}"):
            living[placed.server].append(tenants[placed.slug])
    return living


def _awaited(placements: Mapping[str, Placed]) -> dict[str, set[str]]:
    """Keepers that a server must reach to bring somebody back, by server."""
    found: dict[str, set[str]] = {}
    for placed in placements.values():
        if placed.awaits is not None and not placed.awaits.back:
            found.setdefault(placed.server, set()).add(placed.awaits.keeper)
    return found


def _servers_of(
    tenant: Tenant, placements: Mapping[str, Placed], lodgings: Mapping[str, Lodging]
) -> list[Server]:
    placed = (placements.get(f"{tenant.code}-{role}") for role in (ServerRole.APPS, ServerRole.IDENTITY))
    return [lodgings[each.server].server for each in placed if each is not None]


def _server(  # noqa: PLR0913, PLR0917  one server, named
    consortium: Consortium,
    there: Lodging,
    lodgers: Mapping[str, str],
    layer: str,
    pins: Mapping[str, Pin],
    former: Sequence[Other],
) -> Host:
    variables = {
        **server_variables(consortium, there, pins, former),
        "nuage_roles": sorted(there.server.roles),
        "nuage_services": sorted(there.services),
    }
    own = digest({"variables": variables, "layer": layer})
    return {
        **_connection(there.server),
        **variables,
        "nuage_digest": own,
        # What the first play compares with what the server recorded; apart from its digest.
        "nuage_desired": {there.server.id: own, **lodgers},
    }


def _tenant(
    consortium: Consortium, home: Home, role: str, beside: Mapping[str, str], pins: Mapping[str, Pin]
) -> Host:
    # Its digest is of its variables and of what no variable holds: the roles' code, and secrets, told by digests alone.
    accounts = home.tenant.services.identity if role == ServerRole.IDENTITY else None
    if accounts is not None:
        services, of_role = ["identity"], identity_variables(consortium, home, accounts)
    else:
        services = [name for name in home.tenant.services.names if name != "identity"]
        of_role = apps_variables(consortium, home, pins)
    variables = {
        **of_role,
        **tenant_backup_variables(consortium, home, role),
        "nuage_server": home.server.id,
        "nuage_state": home.state,
        "nuage_services": services,
        "nuage_domains": sorted({page["domain"] for page in pages(home, services)}),
        "nuage_pages": pages(home, services),
    }
    return {
        **_connection(home.server),
        **variables,
        "nuage_digest": digest({"variables": variables, **beside}),
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
