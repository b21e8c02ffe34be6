#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: managed_files
short_description: Several root-owned files in one round trip
description:
  - Writes each file atomically when its content, group or mode differs, with check mode and diff.
  - Notes what C(server_activate) has to reload or restart; the note outlives an interrupted run.
  - One module rather than a template task per file, because each task costs about 0.4 s per municipality.
options:
  files:
    description: Files to write, owned by root.
    type: list
    elements: dict
    required: true
    options:
      path: {description: Absolute path., type: path, required: true}
      content: {description: Text of the file; an empty one removes the file., type: str, default: ""}
      secret_content: {description: The same, kept out of logs and diffs., type: str, default: ""}
      group: {description: Group., type: str, default: root}
      mode: {description: Octal mode., type: str, default: "0644"}
      pending: {description: What a change asks of C(server_activate)., type: list, elements: str, default: []}
      validate: {description: Program that must accept the new file first; C(%s) is its path., type: str, default: ""}
  links:
    description: Symbolic links, owned by root.
    type: list
    elements: dict
    default: []
    options:
      path: {description: Absolute path of the link., type: path, required: true}
      target: {description: What it points to., type: path, required: true}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Describe the site
  nuage_commun.platform.managed_files:
    files:
      - path: /etc/nginx/nuage.d/46005-wordpress.conf
        content: "{{ lookup('ansible.builtin.template', 'etc/nginx/nuage.d/wordpress.conf.j2') }}"
        pending: [nginx]
"""
RETURN = r"""
changes: {description: Paths that changed., type: list, returned: always}
"""

import grp
import os
import shlex
import stat
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import (
    ProgramError,
    mark_pending,
    run,
    write_atomic,
)


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


def main():
    file = {
        "path": {"type": "path", "required": True},
        "content": {"type": "str", "default": ""},
        "secret_content": {"type": "str", "default": "", "no_log": True},
        "group": {"type": "str", "default": "root"},
        "mode": {"type": "str", "default": "0644"},
        "pending": {"type": "list", "elements": "str", "default": []},
        "validate": {"type": "str", "default": ""},
    }
    link = {"path": {"type": "path", "required": True}, "target": {"type": "path", "required": True}}
    module = AnsibleModule(
        argument_spec={
            "files": {"type": "list", "elements": "dict", "required": True, "options": file},
            "links": {"type": "list", "elements": "dict", "default": [], "options": link},
        },
        supports_check_mode=True,
    )
    diffs = []
    changes = []
    try:
        for wanted in module.params["files"]:
            # Noted before the write: a crash between the two costs a needless reload, never a missed one.
            difference = ensure_file(wanted, check_mode=True)
            if difference:
                diffs.append(difference)
                changes.append(wanted["path"])
                if not module.check_mode:
                    mark_pending(wanted["pending"])
                    ensure_file(wanted, check_mode=False)
        for wanted in module.params["links"]:
            difference = ensure_link(wanted, module.check_mode)
            if difference:
                diffs.append(difference)
                changes.append(wanted["path"])
    except (OSError, KeyError, ProgramError) as error:
        module.fail_json(msg=str(error), nuage_key="apply.files-failed")
    module.exit_json(changed=bool(changes), changes=changes, diff=diffs)


if __name__ == "__main__":
    main()
