# SPDX-License-Identifier: AGPL-3.0-or-later
"""On which devices data lies, and whether these are encrypted."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_shapes as shapes
from ansible_collections.nuage_commun.platform.plugins.module_utils import btrfs
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

OF_THE_SERVER = (
    "/",
    "/etc/nuage",
    "/srv",
    "/srv/mysql",
    "/srv/postgresql",
    "/srv/tenants",
    "/tmp",
    "/var/lib/nuage",
    "/var/log/journal",
    "/var/backups",
    "/var/tmp",
)
OF_A_TENANT = {
    "files": "/srv/tenants/t{}",
    "mariadb": "/srv/mysql/t{}",
    "postgresql": "/srv/postgresql/tenants/t{}",
}
DEEPEST = 8


class Mounts:
    """What is mounted, read once."""

    def __init__(self, listed, sysfs="/sys/class/block"):
        self._mounts = {}
        for one in listed:
            # The last one mounted on a place hides those before it.
            self._mounts[one["target"]] = one
        self._sysfs = Path(sysfs)

    def of(self, path):
        """What a path lies on."""
        place = os.path.realpath(path)
        while place not in self._mounts and place != "/":
            place = os.path.dirname(place)
        return self._mounts.get(place, {})

    def describe(self, path):
        """A path as the topic `storage` has it, without its size."""
        mount = self.of(path)
        source = str(mount.get("source") or "").partition("[")[0]
        return {
            "path": path,
            "device": source if source.startswith("/dev/") else shapes.word(source) or "none",
            "fstype": shapes.word(mount.get("fstype")) or "none",
            "mount": mount.get("target"),
            "encrypted": self.encrypted(mount.get("maj:min"), source),
        }

    def encrypted(self, number, source):
        """`luks` where something below the device is, `none` where nothing is, `unknown` where it can't be seen."""
        name = os.path.basename(os.path.realpath(source)) if source.startswith("/dev/") else ""
        block = self._sysfs / name
        if not name or not block.exists():
            block = self._sysfs.parent.parent / "dev" / "block" / str(number)
        if not block.exists():
            return "unknown"
        return self._below(block.resolve(), 0)

    def _below(self, block, depth):
        if shapes.read(block / "dm" / "uuid").startswith("CRYPT-"):
            return "luks"
        if (block / "partition").exists():
            return self._below(block.parent, depth + 1) if depth < DEEPEST else "unknown"
        backing = shapes.read(block / "loop" / "backing_file").strip()
        if backing:
            # A file of another file system, which may lie outside of what this host sees.
            return "unknown" if not Path(backing).exists() else self.describe(backing)["encrypted"]
        slaves = shapes.entries(block / "slaves")
        found = {
            self._below((block / "slaves" / name).resolve(), depth + 1) for name in slaves if depth < DEEPEST
        }
        if not found:
            return "none"
        # One part in clear is data in clear.
        return next(one for one in ("none", "unknown", "luks") if one in found)


def mounts():
    listed = json.loads(run(["findmnt", "--json", "--list", "--output", "TARGET,SOURCE,FSTYPE,MAJ:MIN"]))
    return Mounts(listed["filesystems"])


def storage(mounted, targets):
    """The topic `storage`; ``targets`` are those of backups, as in `destinations`."""
    there = [path for path in OF_THE_SERVER if os.path.exists(path)]
    return {
        "paths": [{**mounted.describe(path), "bytes": size(path)} for path in there],
        "backups": [{"target": target["host"], "port": target["port"], "site": None} for target in targets],
    }


def of_tenant(code, mounted):
    """Where one municipality's data lies: files, databases."""
    places = {kind: pattern.format(code) for kind, pattern in OF_A_TENANT.items()}
    return [
        {"kind": kind, **mounted.describe(path), "bytes": size(path)}
        for kind, path in places.items()
        if os.path.isdir(path)
    ]


def size(path):
    """Bytes that a quota group counts; None where none does."""
    try:
        return btrfs.usage_of(path) if btrfs.is_subvolume(path) else None
    except (ProgramError, OSError):
        return None
