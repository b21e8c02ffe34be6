# SPDX-License-Identifier: AGPL-3.0-or-later
"""Root-owned files and links, with check mode and diff, for the modules that write several in one round trip."""

from __future__ import annotations

import grp
import os
import shlex
import stat
import tempfile
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import (
    mark_pending,
    run,
    write_atomic,
)

FILE = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str", "default": ""},
    "secret_content": {"type": "str", "default": "", "no_log": True},
    "group": {"type": "str", "default": "root"},
    "mode": {"type": "str", "default": "0644"},
    "pending": {"type": "list", "elements": "str", "default": []},
    "validate": {"type": "str", "default": ""},
}
LINK = {"path": {"type": "path", "required": True}, "target": {"type": "path", "required": True}}
FILES = {"type": "list", "elements": "dict", "default": [], "options": FILE}
LINKS = {"type": "list", "elements": "dict", "default": [], "options": LINK}


def current(path):
    """Content, mode and owners of a regular file, or None."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return ("", None, None, None)
    # Not as text: that would make one line break of every kind, and a file that has another never equal.
    content = Path(path).read_bytes().decode("utf-8", "replace")
    return (content, stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)


def ensure_valid(command, content):
    """Ask the file's own program, before anything of the old file is lost."""
    with tempfile.NamedTemporaryFile("w", dir="/run") as trial:
        trial.write(content)
        trial.flush()
        run([part.replace("%s", trial.name) for part in shlex.split(command)])


def group_number(name, check_mode):
    """Number of a group; None for one that check mode only pretended to make, which no file has."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        if check_mode:
            return None
        raise


def ensure_file(wanted, check_mode):
    """Diff of one file, or None where nothing differs."""
    path = Path(wanted["path"])
    before = current(path)
    content = wanted["secret_content"] or wanted["content"]
    if content == "":
        if before is None:
            return None
        if not check_mode:
            path.unlink()
        return {"before_header": str(path), "before": before[0], "after": ""}
    after = (content, int(wanted["mode"], 8), 0, group_number(wanted["group"], check_mode))
    if before == after:
        return None
    if not check_mode:
        if wanted["validate"]:
            ensure_valid(wanted["validate"], content)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        write_atomic(path, after[0].encode(), after[1], 0, after[3])
    text = before[0] if before else ""
    if wanted["secret_content"]:
        return {
            "before_header": str(path),
            "after_header": str(path),
            "before": "(kept secret)",
            "after": "(other)",
        }
    return {"before_header": str(path), "after_header": str(path), "before": text, "after": after[0]}


def ensure_link(wanted, check_mode):
    """Diff of one link, or None. Root's own link: the folder it's in belongs to root."""
    path, target = Path(wanted["path"]), wanted["target"]
    found = os.readlink(path) if path.is_symlink() else ""
    if found == target:
        return None
    if not check_mode:
        if path.is_symlink():
            path.unlink()
        path.symlink_to(target)
    return {"before_header": str(path), "before": found, "after": target}


def ensure(files, links, check_mode):
    """Write what differs; the diffs, whose `before_header` is the path."""
    differences = []
    for wanted in files:
        # Noted before the write: a crash between the two costs a needless reload, never a missed one.
        difference = ensure_file(wanted, check_mode=True)
        if difference:
            differences.append(difference)
            if not check_mode:
                mark_pending(wanted["pending"])
                ensure_file(wanted, check_mode=False)
    for wanted in links:
        difference = ensure_link(wanted, check_mode)
        if difference:
            differences.append(difference)
    return differences
