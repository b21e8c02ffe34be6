"""A control group for each host, where no systemd runs that would give it one.

systemd-nspawn puts a host in `payload` below the group it was started in. Two hosts started from one
group would share it: each one's systemd would wait for, and kill, the other's services of the same
name.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PARENT = "nuage-lab"


def hierarchies(mountinfo: str) -> list[Path]:
    """Where systemd's own hierarchy and the unified one are mounted, from /proc/self/mountinfo."""
    found = []
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        kind, _source, options = rest.split(" ", 2)
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
            found.append(Path(fields.split()[4]))
    return found


def _mounted() -> list[Path]:
    return hierarchies(Path("/proc/self/mountinfo").read_text(encoding="utf-8"))


def make(name: str) -> list[Path]:
    """Groups for a host; none where systemd is init, since systemd-nspawn asks it for a scope."""
    if Path("/run/systemd/system").is_dir():
        return []
    groups = [point / PARENT / name for point in _mounted()]
    for group in groups:
        group.mkdir(parents=True, exist_ok=True)
    return groups


def remove(name: str) -> None:
    """Remove the groups of a host that ended; a group with processes stays."""
    for point in _mounted():
        for folder, _below, _files in os.walk(point / PARENT / name, topdown=False):
            with suppress(OSError):
                Path(folder).rmdir()
        with suppress(OSError):
            (point / PARENT).rmdir()


def names() -> list[str]:
    """The names of all groups that hosts of labs have on this machine."""
    return sorted({group.name for point in _mounted() for group in (point / PARENT).glob("*/")})
