"""Btrfs volumes in files, and what may still be mounted or attached of a host that ended."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from provisioner.lab import programs


def mounted(mountinfo: str, under: Path) -> list[Path]:
    """The mount points at or under a folder, the last mounted first."""
    points = []
    for line in mountinfo.splitlines():
        point = re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), line.split()[4])
        if Path(point).is_relative_to(under):
            points.append(Path(point))
    return points[::-1]


def unmount_under(folder: Path) -> None:
    """Unmount everything at or under a folder, then free loop devices of files in it."""
    for point in mounted(Path("/proc/self/mountinfo").read_text(encoding="utf-8"), folder):
        if not _unmount(point):
            programs.run(["umount", "--lazy", str(point)])
    # The kernel frees a loop device a moment after the last mount of it went.
    for _attempt in range(50):
        left = [device for device, backing in _loops_now() if backing.is_relative_to(folder)]
        if not left:
            return
        for device in left:
            programs.succeeds(["losetup", "--detach", str(device)])
        time.sleep(0.1)


def _loops_now() -> list[tuple[Path, Path]]:
    return loops(programs.run(["losetup", "--json", "--list"]))


def _unmount(point: Path) -> bool:
    """The kernel takes a moment to forget the processes of a host that has just ended."""
    for _attempt in range(20):
        if programs.succeeds(["umount", str(point)]):
            return True
        time.sleep(0.1)
    return False


def loops(listing: str) -> list[tuple[Path, Path]]:
    """Loop devices and the files behind them, from `losetup --json --list`."""
    devices = json.loads(listing or "{}").get("loopdevices", ())
    return [
        (Path(device["name"]), Path(str(device["back-file"]).removesuffix(" (deleted)")))
        for device in devices
        if device.get("back-file")
    ]


def make_volume(file: Path, gib: int) -> None:
    """A sparse file with an empty Btrfs volume; it takes room as it fills."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as stream:
        stream.truncate(gib << 30)
    programs.run(["mkfs.btrfs", "--quiet", str(file)])


def copy_volume(source: Path, target: Path) -> None:
    """A copy under a new file system id: two mounted volumes of one id would be taken for one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    programs.run(["cp", "--sparse=always", "--reflink=auto", str(source), str(target)])
    programs.run(["btrfstune", "-f", "-m", str(target)])
