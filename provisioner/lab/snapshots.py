"""Snapshots of prepared hosts: a host with all its packages, made again in a second.

A snapshot is kept in the cache under the name given. Its layers are used as they are, read-only,
by the hosts made from it; so a snapshot that is made again goes to a new folder, and the old one
is removed when no lab uses it.
"""

from __future__ import annotations

import json
import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from provisioner.errors import MachineError, UsageError
from provisioner.files import write_atomic
from provisioner.lab import base, programs
from provisioner.lab.host import Host
from provisioner.lab.state import Name, Snapshot, cache_root, state_root


def folder() -> Path:
    """Where snapshots are."""
    return cache_root() / "snapshots"


def check_name(name: str) -> str:
    """The name, if it is one.

    Raises:
        UsageError: it isn't lower-case letters, digits and hyphens.
    """
    try:
        return TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        raise UsageError("lab.bad-name", name=name) from error


def find(name: str) -> Snapshot | None:
    """The snapshot of that name, if there is one whose base is still in the cache."""
    try:
        snapshot = Snapshot.model_validate_json((folder() / f"{check_name(name)}.json").read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    return snapshot if snapshot.folder.is_dir() and snapshot.base.is_dir() else None


def get(name: str) -> Snapshot:
    """The snapshot of that name.

    Raises:
        MachineError: there is none.
    """
    snapshot = find(name)
    if snapshot is None:
        raise MachineError("lab.no-snapshot", name=name)
    return snapshot


def take(host: Host, name: str) -> Snapshot:
    """Keep a host that is switched off, under ``name``."""
    check_name(name)
    target = folder() / f"{name}-{uuid.uuid4().hex[:8]}"
    layers = (host.folder / "upper", *host.state.lowers[:-1])
    with base.cache_lock():
        partial = target.with_name(f"{target.name}.partial")
        partial.mkdir(parents=True)
        for number, layer in enumerate(layers):
            programs.run(["cp", "-a", "--reflink=auto", str(layer), str(partial / f"layer-{number}")])
        volume = ["cp", "--sparse=always", "--reflink=auto", str(host.volume), str(partial / "volume")]
        programs.run(volume)
        partial.rename(target)
        snapshot = Snapshot(
            name=name,
            folder=target,
            base=host.state.lowers[-1],
            network=host.lab.network,
            disk_gib=host.state.disk_gib,
            made=datetime.now(UTC).replace(microsecond=0),
        )
        write_atomic(folder() / f"{name}.json", snapshot.model_dump_json(indent=2) + "\n")
        _remove_unused()
    return snapshot


def remove(name: str) -> None:
    """Forget a snapshot."""
    with base.cache_lock():
        (folder() / f"{check_name(name)}.json").unlink(missing_ok=True)
        _remove_unused()


def _remove_unused() -> None:
    current = {json.loads(path.read_text(encoding="utf-8"))["folder"] for path in folder().glob("*.json")}
    states = [path.read_text(encoding="utf-8") for path in state_root().glob("*/lab.json")]
    for candidate in folder().iterdir():
        in_use = str(candidate) in current or any(f"{candidate}/" in state for state in states)
        if candidate.is_dir() and not in_use:
            shutil.rmtree(candidate)
