"""What the lab remembers between two commands, and what it tells other programs.

Everything lives in two places outside the checkout: the state (`$NUAGE_STATE`, else
/var/lib/nuage-lab), which `down` removes, and the cache (`$NUAGE_CACHE`, else /var/cache/nuage),
which only `down --purge` removes.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from provisioner.errors import MachineError
from provisioner.files import write_atomic

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]

PROXY_PORT = 3142
FIRST_HOST = 11


class Model(BaseModel):
    """Frozen, and refuses what it doesn't know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class HostState(Model):
    """One host as it was made; ``number`` gives its address and its interface's name."""

    name: Name
    number: int
    disk_gib: int
    ssh_host_key: str
    lowers: tuple[Path, ...]


class LabState(Model):
    """One lab as it was made."""

    name: Name
    network: IPv4Network
    mirror: str
    security_mirror: str
    hosts: tuple[HostState, ...] = ()
    names: tuple[tuple[str, IPv4Address], ...] = ()

    @property
    def gateway(self) -> IPv4Address:
        """The bridge's own address, on the control machine: resolver and package proxy."""
        return self.network[1]

    @property
    def authority(self) -> IPv4Address:
        """The address of the lab's ACME server."""
        return self.network[2]

    def address(self, host: HostState) -> IPv4Address:
        """The host's address on the bridge."""
        return self.network[FIRST_HOST + host.number]

    def host(self, name: str) -> HostState:
        """The host of that name.

        Raises:
            MachineError: this lab has no such host.
        """
        for host in self.hosts:
            if host.name == name:
                return host
        raise MachineError("lab.no-such-host", host=name, lab=self.name)


class HostStatus(Model):
    """A host as it is now; memory is the sum of its processes' PSS."""

    name: Name
    address: IPv4Address
    ssh_port: int
    ssh_host_key: str
    state: str
    uptime_seconds: int | None
    memory_bytes: int | None
    disk_gib: int


class LabStatus(Model):
    """All that the other parts need to use the lab: `nuage lab status --json` is this."""

    name: Name
    running: bool
    network: IPv4Network
    gateway: IPv4Address
    bridge: str
    private_key: Path
    known_hosts: Path
    apt_proxy: str
    debian_mirror: str
    debian_security_mirror: str
    resolver: IPv4Address
    acme_directory: str
    acme_root: Path
    names: dict[str, IPv4Address]
    hosts: tuple[HostStatus, ...]


class Snapshot(Model):
    """A prepared host, kept to make others from: read-only layers over a base, and a volume."""

    name: Name
    folder: Path
    base: Path
    network: IPv4Network
    disk_gib: int
    made: datetime

    @property
    def layers(self) -> tuple[Path, ...]:
        """The overlay's layers, the topmost first, the base last."""
        return (*sorted(self.folder.glob("layer-*")), self.base)


def state_root() -> Path:
    """Where labs are; one folder per lab."""
    return Path(os.environ.get("NUAGE_STATE") or "/var/lib/nuage-lab")


def cache_root() -> Path:
    """What is worth keeping between labs: the base tree, packages, snapshots."""
    return Path(os.environ.get("NUAGE_CACHE") or "/var/cache/nuage") / "lab"


@dataclass(frozen=True)
class Paths:
    """Where one lab's things are, and what they are called on the machine."""

    name: str

    @property
    def folder(self) -> Path:
        """All of the lab's state."""
        return state_root() / self.name

    @property
    def tag(self) -> str:
        """Six characters that stand for the lab where names are short (interfaces: 15)."""
        return hashlib.sha256(str(self.folder).encode()).hexdigest()[:6]

    @property
    def bridge(self) -> str:
        """The bridge's interface name."""
        return f"nb-{self.tag}"

    def veth(self, number: int) -> str:
        """The control machine's end of a host's cable; 0 is the authority's."""
        return f"nv{self.tag}-{number}"

    @property
    def namespace_prefix(self) -> str:
        """What all the lab's network namespaces begin with."""
        return f"nuage-{self.tag}-"

    def namespace(self, host: str) -> str:
        """The network namespace of a host; `.acme` is the authority's."""
        return self.namespace_prefix + host

    def host(self, host: str) -> Path:
        """A host's folder."""
        return self.folder / "hosts" / host

    def service(self, service: str) -> Path:
        """The folder of one of the lab's own services."""
        return self.folder / service

    @property
    def private_key(self) -> Path:
        """The key that opens the hosts' root account."""
        return self.folder / "keys" / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """The hosts' keys, pinned when they were made."""
        return self.folder / "keys" / "known_hosts"

    @property
    def state_file(self) -> Path:
        """The `LabState`."""
        return self.folder / "lab.json"


def load(paths: Paths) -> LabState | None:
    """The lab's state, or None when there is no lab of that name.

    Raises:
        MachineError: the file isn't what this version writes.
    """
    try:
        return LabState.model_validate_json(paths.state_file.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise MachineError("lab.bad-state", file=str(paths.state_file), lab=paths.name) from error


def save(paths: Paths, state: LabState) -> None:
    """Remember the lab's state."""
    write_atomic(paths.state_file, state.model_dump_json(indent=2) + "\n", 0o600)
