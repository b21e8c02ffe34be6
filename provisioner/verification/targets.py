"""What is to be verified, as it is in a built inventory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from provisioner.errors import MachineError


class Server(BaseModel):
    """A server and how to reach it."""

    model_config = ConfigDict(frozen=True)
    host: str
    address: str
    port: int
    user: str
    roles: tuple[str, ...] = ("apps",)


class Site(BaseModel):
    """A municipality's website and the server that it lives on."""

    model_config = ConfigDict(frozen=True)
    host: str
    server: str
    code: str
    user: str
    domain: str
    aliases: tuple[str, ...]
    address: str
    title: str
    state: str
    mode: str
    disk_mib: int


class Service(BaseModel):
    """One of a municipality's other services: Nextcloud, or its accounts."""

    model_config = ConfigDict(frozen=True)
    host: str
    server: str
    name: str
    code: str
    domain: str
    address: str
    path: str
    status: int


class Targets(BaseModel):
    """All of them, with what the control machine needs to reach and trust them."""

    model_config = ConfigDict(frozen=True)
    servers: tuple[Server, ...]
    sites: tuple[Site, ...]
    services: tuple[Service, ...] = ()
    known_hosts: str
    private_key: str = ""
    authority: str = ""


def from_build(
    build: Path, *, private_key: Path | None, only: frozenset[str], authority: Path | None
) -> Targets:
    """The targets of a built inventory; ``only`` keeps some municipalities' codes, all when empty.

    Raises:
        MachineError: there is no built inventory.
    """
    path = build / "hosts.json"
    if not path.is_file():
        raise MachineError("verify.not-built", file=str(build))
    hosts: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["all"]["hosts"]
    servers, sites, services = [], [], []
    for host, variables in sorted(hosts.items()):
        if "nuage_server" not in variables:
            servers.append(_server(host, variables))
        elif not only or host[:5] in only:
            sites += [_site(host, variables)] if "wordpress" in variables["nuage_services"] else []
            services += _services(host, variables)
    return Targets(
        servers=tuple(servers),
        sites=tuple(sites),
        services=tuple(services),
        known_hosts=str((build / "known_hosts").resolve()),
        private_key=str(private_key or ""),
        authority=str(authority.resolve()) if authority else "",
    )


def _server(host: str, variables: dict[str, Any]) -> Server:
    return Server(
        host=host,
        address=variables["ansible_host"],
        port=variables.get("ansible_port", 22),
        user=variables.get("ansible_user", "root"),
        roles=tuple(variables["nuage_roles"]),
    )


def _services(host: str, variables: dict[str, Any]) -> list[Service]:
    """What answers beside the website, as the inventory says that it must."""
    pages = zip(variables["nuage_services"], variables["nuage_pages"], strict=False)
    return [
        Service(
            host=host,
            server=variables["nuage_server"],
            name=name,
            code=host[:5],
            address=variables["ansible_host"],
            **page,
        )
        for name, page in pages
        if name != "wordpress"
    ]


def _site(host: str, variables: dict[str, Any]) -> Site:
    prefix = "tenant_wordpress_"
    return Site(
        host=host,
        server=variables["nuage_server"],
        code=variables[f"{prefix}code"],
        user=variables[f"{prefix}user"],
        domain=variables[f"{prefix}domain"],
        aliases=tuple(variables.get(f"{prefix}aliases", ())),
        address=variables[f"{prefix}address"],
        title=_literal(variables[f"{prefix}title"]),
        state=variables.get(f"{prefix}state", "active"),
        mode=variables.get(f"{prefix}mode", "on-demand"),
        disk_mib=variables["tenant_base_disk_mib"],
    )


def _literal(value: str | dict[str, str]) -> str:
    """A text that might look like a template is wrapped in the inventory; see `inventory.values`."""
    return value["__ansible_unsafe"] if isinstance(value, dict) else value
