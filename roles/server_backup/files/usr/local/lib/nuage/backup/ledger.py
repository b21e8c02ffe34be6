# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every file and row of a moment: what a restore, and a drill, are compared with."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

PIECE = 1 << 20
LEFT_OUT = ("tmp", "cache")
"""Folders of a municipality that hold nothing of its own: what PHP leaves, and what it compiled."""


def _digest(path):
    total = hashlib.sha256()
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW)) as stream:
        while piece := stream.read(PIECE):
            total.update(piece)
    return total.hexdigest()


def walk(root):
    """Relative path and state of whatever lies below, in order."""
    for folder, folders, names in os.walk(root):
        folders.sort()
        if Path(folder) == Path(root):
            folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in sorted([*names, *folders]):
            path = os.path.join(folder, name)
            yield os.path.relpath(path, root), os.lstat(path)


def files(root, known=None):
    """By path: kind, size, owner, mode and digest. ``known`` has those of an earlier moment, which spare the reading of
    what is as it was: inode, size and times of change say so, as they do to restic."""
    known = known or {}
    found = {}
    for name, state in walk(root):
        mark = f"{state.st_ino}.{state.st_size}.{state.st_mtime_ns}.{state.st_ctime_ns}"
        before = known.get(name)
        path = os.path.join(root, name)
        if stat.S_ISLNK(state.st_mode):
            digest = "link:" + os.readlink(path)
        elif stat.S_ISDIR(state.st_mode):
            digest = "folder"
        elif not stat.S_ISREG(state.st_mode):
            continue
        elif before and before["mark"] == mark:
            digest = before["sha256"]
        else:
            digest = _digest(path)
        found[name] = {
            "sha256": digest,
            "size": state.st_size if stat.S_ISREG(state.st_mode) else 0,
            "mode": f"{stat.S_IMODE(state.st_mode):04o}",
            "uid": state.st_uid,
            "mark": mark,
        }
    return found


def without_marks(found):
    """What is true of a copy too."""
    return {
        name: {part: value for part, value in one.items() if part != "mark"} for name, one in found.items()
    }


def differences(wanted, found, most=20):
    """In words, the first of them."""
    said = []
    for name in sorted({*wanted, *found}):
        if name not in found:
            said.append(f"missing: {name}")
        elif name not in wanted:
            said.append(f"too many: {name}")
        elif wanted[name] != found[name]:
            said.append(f"other: {name}")
        if len(said) >= most:
            break
    return said
