# SPDX-License-Identifier: AGPL-3.0-or-later
"""Subvolumes with a quota group limit: the unit that is limited, snapshot, sent and destroyed."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

SUBVOLUME_INODE = 256


def is_subvolume(path):
    """Whether ``path`` is the root of a Btrfs subvolume (its inode number is always 256)."""
    path = Path(path)
    return path.is_dir() and path.stat().st_ino == SUBVOLUME_INODE


def limit_of(path):
    """Limit in bytes of the subvolume's quota group, or None where there is none."""
    output = run(["btrfs", "qgroup", "show", "-r", "-f", "--raw", str(path)])
    for line in output.splitlines():
        # qgroupid rfer excl max_rfer [path]
        match = re.match(r"^0/\d+\s+(\d+)\s+(\d+)\s+(\d+|none)", line.strip())
        if match:
            return None if match.group(3) == "none" else int(match.group(3))
    return None


def usage_of(path):
    """Bytes referenced by the subvolume, as its quota group counts them."""
    output = run(["btrfs", "qgroup", "show", "-r", "-f", "--raw", str(path)])
    for line in output.splitlines():
        match = re.match(r"^0/\d+\s+(\d+)\s", line.strip())
        if match:
            return int(match.group(1))
    return 0


def ensure(path, limit, check_mode):
    """Create the subvolume and set its limit (bytes) where it differs. Returns what changed, in words."""
    changed = []
    exists = is_subvolume(path)
    if not exists:
        changed.append(f"subvolume {path}")
        if not check_mode:
            run(["btrfs", "subvolume", "create", str(path)])
    if not exists or limit_of(path) != limit:
        changed.append(f"limit {path} {limit}")
        if not check_mode:
            run(["btrfs", "qgroup", "limit", str(limit), str(path)])
    return changed


def remove(path):
    """Delete the subvolume with the quota group that counted it, which older programs keep."""
    try:
        run(["btrfs", "subvolume", "delete", "--delete-qgroup", str(path)])
    except ProgramError:
        if Path(path).exists():
            run(["btrfs", "subvolume", "delete", str(path)])
