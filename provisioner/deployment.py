"""From a built inventory to Ansible runs on the servers: what `apply`, `drift` and `status` share."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioner.errors import InvalidInputError, MachineError, RefusedError
from provisioner.execution.runner import EventHandler, Request, Run, run
from provisioner.inventory import rendering, writer
from provisioner.inventory.vault_password import handed_on, terminal
from provisioner.spec.tenant import Tenant


@dataclass(frozen=True)
class Options:
    """How to reach the servers and how much to do at once."""

    private_key: Path | None = None
    forks: int = 8
    full: bool = False


def servers_of(build: Path) -> dict[str, str]:
    """The server of every inventory host; a server's is itself.

    Raises:
        MachineError: there is no built inventory in the folder.
    """
    path = build / "hosts.json"
    if not path.is_file():
        raise MachineError("verify.not-built", file=str(build))
    hosts: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["all"]["hosts"]
    return {host: variables.get("nuage_server", host) for host, variables in hosts.items()}


def codes(tenants: Mapping[str, Tenant], names: tuple[str, ...]) -> frozenset[str]:
    """Codes of the municipalities that ``names`` (codes or slugs) name.

    Raises:
        InvalidInputError: one of them is nobody's.
    """
    by_name = {slug: tenant.code for slug, tenant in tenants.items()}
    by_name |= {tenant.code: tenant.code for tenant in tenants.values()}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise InvalidInputError("apply.unknown", subject=", ".join(unknown))
    return frozenset(by_name[name] for name in names)


def run_playbook(  # noqa: PLR0913  one run, named
    folder: Path,
    playbook: str,
    options: Options,
    on_event: EventHandler,
    *,
    only: frozenset[str] = frozenset(),
    check: bool = False,
) -> Run:
    """Run one of the collection's playbooks on the folder's built inventory; ``only`` names codes, or servers.

    Their servers are converged, or compared, where they are stale.

    Raises:
        MachineError: there is no built inventory, no vault password, or no Ansible.
        RefusedError: of those named, nothing is on a server that runs.
    """
    build = folder / writer.FOLDER
    servers = servers_of(build)
    wanted = {host: server for host, server in servers.items() if not only or {host, host[:5]} & only}
    if only and not wanted:
        raise RefusedError("rebuild.nowhere", subject=", ".join(sorted(only)))
    limit = ",".join(sorted({*wanted, *wanted.values()})) if only else ""
    request = Request(
        playbook=playbook,
        inventory=build.resolve(),
        servers=servers if not only else {host: servers[host] for host in limit.split(",")},
        logs=folder / "runs",
        limit=limit,
        check=check,
        forks=options.forks,
        private_key=options.private_key,
        vault=(build / rendering.VAULT).is_file(),
        extra={"nuage_full": options.full or check, "nuage_full_servers": not only},
    )
    with handed_on(os.environ, terminal()) if request.vault else nullcontext():
        return run(request, on_event)
