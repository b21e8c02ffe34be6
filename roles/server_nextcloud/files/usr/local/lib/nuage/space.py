#!/usr/bin/python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tells each municipality's Nextcloud how full its disk is, from the quota groups that only root may read.

A file for each of them, in memory, that it may read and nobody but root may write. Two programs for all of them.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import subprocess
import sys
from pathlib import Path

VOLUME = Path("/srv")
TENANTS = VOLUME / "tenants"
TOLD = Path("/run/nuage-space")


def rows(*command: str) -> list[list[str]]:
    """Fields of what `btrfs` prints, line by line."""
    done = subprocess.run(
        ["/usr/bin/btrfs", *command],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"LC_ALL": "C"},
    )
    return [line.split() for line in done.stdout.splitlines()]


def numbers() -> dict[str, str]:
    """Numbers of the municipalities' subvolumes, and their names."""
    found = {}
    for fields in rows("subvolume", "list", str(VOLUME)):
        # ID 256 gen 9 top level 5 path tenants/t46005; databases are elsewhere, in tenants of their own.
        name = re.fullmatch(r"tenants/(t[0-9]{5})", fields[-1])
        if fields[0] == "ID" and name:
            found[fields[1]] = name.group(1)
    return found


def spaces() -> dict[str, tuple[int, int]]:
    """Bytes used, and the limit, of each municipality that has one."""
    names, found = numbers(), {}
    for fields in rows("qgroup", "show", "--raw", "-r", str(VOLUME)):
        name = names.get(fields[0].removeprefix("0/"))
        if name and fields[3].isdigit():
            found[name] = (int(fields[1]), int(fields[3]))
    return found


def tell(name: str, used: int, limit: int) -> None:
    """Write a municipality's file, where it differs."""
    path = TOLD / f"{name[1:]}.json"
    text = json.dumps({"used": used, "limit": limit})
    group = pwd.getpwnam(name).pw_gid
    if path.exists() and path.read_text(encoding="ascii") == text and path.stat().st_gid == group:
        return
    written = path.with_suffix(".new")
    written.write_text(text, encoding="ascii")
    os.chown(written, 0, group)
    written.chmod(0o440)
    written.replace(path)


def main() -> int:
    """Exit code 0: a municipality without an account is told in the journal."""
    TOLD.mkdir(mode=0o711, exist_ok=True)
    TOLD.chmod(0o711)
    known = spaces()
    for name, (used, limit) in known.items():
        try:
            tell(name, used, limit)
        except KeyError:
            sys.stderr.write(f"{name} has no account\n")
    for path in TOLD.glob("*.json"):
        if f"t{path.stem}" not in known:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
