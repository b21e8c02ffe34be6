#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_account
short_description: Account, limited subvolume, folders and bounds of a municipality
description:
  - Creates the Unix group and user that own everything of a municipality on a server, without shell or password.
  - Creates its Btrfs subvolume with a quota group limit, and the folders in it.
  - One module rather than eight tasks, because each task costs about 0.4 s per municipality.
options:
  user: {description: Name of the user and of its group., type: str, required: true}
  uid: {description: Number of both., type: int, required: true}
  path: {description: Subvolume to create., type: path, required: true}
  limit_mib: {description: Limit of the subvolume in MiB., type: int, required: true}
  reader: {description: User that may traverse the subvolume to serve files., type: str, default: www-data}
  folders:
    description: Folders below C(path).
    type: list
    elements: dict
    default: []
    options:
      name: {description: Path relative to C(path)., type: str, required: true}
      mode: {description: Octal mode., type: str, required: true}
      owned_by: {description: Whether root or the user owns it., type: str, choices: [root, user], default: user}
      group: {description: Group; the owner's own by default., type: str, default: ""}
extends_documentation_fragment: [nuage_commun.platform.files]
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Own a place on the server
  nuage_commun.platform.tenant_account:
    user: t46005
    uid: 346005
    path: /srv/tenants/t46005
    limit_mib: 4096
"""
RETURN = r"""
changes: {description: What was changed., type: list, returned: always}
"""

import grp
import os
import pwd
import stat
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import btrfs, files
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

MIB = 1024 * 1024


def account(name, uid, check_mode):
    changes = []
    try:
        if grp.getgrnam(name).gr_gid != uid:
            raise ProgramError(f"group {name} exists with number {grp.getgrnam(name).gr_gid}, not {uid}")
    except KeyError:
        changes.append(f"group {name}")
        if not check_mode:
            run(["groupadd", "--gid", str(uid), name])
    try:
        if pwd.getpwnam(name).pw_uid != uid:
            raise ProgramError(f"user {name} exists with number {pwd.getpwnam(name).pw_uid}, not {uid}")
    except KeyError:
        changes.append(f"user {name}")
        if not check_mode:
            no_subordinates = ["--key", "SUB_UID_COUNT=0", "--key", "SUB_GID_COUNT=0"]
            nowhere = ["--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
            run(["useradd", "--uid", str(uid), "--gid", name, *nowhere, *no_subordinates, name])
    return changes


def own(path, mode, uid, gid, check_mode):
    """Folder with this owner and mode. The tenant can write above some of these: links are never followed."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        if not check_mode:
            os.mkdir(path, mode)
            os.chown(path, uid, gid, follow_symlinks=False)
            os.chmod(path, mode)
        return [f"folder {path}"]
    if not stat.S_ISDIR(found.st_mode):
        raise ProgramError(f"{path} is not a folder")
    if (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (uid, gid, mode):
        return []
    if not check_mode:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            os.fchown(handle, uid, gid)
            os.fchmod(handle, mode)
        finally:
            os.close(handle)
    return [f"owner and mode of {path}"]


def readable(path, reader, check_mode):
    """Let the web server's user traverse the folder, and nobody else outside the municipality's group."""
    wanted = f"user:{reader}:--x"
    if wanted in run(["getfacl", "--omit-header", "--absolute-names", str(path)]).splitlines():
        return []
    if not check_mode:
        run(["setfacl", "--modify", wanted, str(path)])
    return [f"access of {reader} to {path}"]


def ensure(parameters, check_mode):
    changes = account(parameters["user"], parameters["uid"], check_mode)
    root = Path(parameters["path"])
    changes += btrfs.ensure(root, parameters["limit_mib"] * MIB, check_mode)
    if check_mode and changes and not root.exists():
        return changes
    # Root owns what lies above the folders that the municipality writes in, so that nothing that root does
    # below can be led astray by a renamed folder or a link.
    changes += own(root, 0o750, 0, parameters["uid"], check_mode)
    changes += readable(root, parameters["reader"], check_mode)
    for folder in parameters["folders"]:
        uid = 0 if folder["owned_by"] == "root" else parameters["uid"]
        gid = grp.getgrnam(folder["group"]).gr_gid if folder["group"] else uid
        changes += own(root / folder["name"], int(folder["mode"], 8), uid, gid, check_mode)
    return changes


def main():
    folder = {
        "name": {"type": "str", "required": True},
        "mode": {"type": "str", "required": True},
        "owned_by": {"type": "str", "choices": ["root", "user"], "default": "user"},
        "group": {"type": "str", "default": ""},
    }
    module = AnsibleModule(
        argument_spec={
            "user": {"type": "str", "required": True},
            "uid": {"type": "int", "required": True},
            "path": {"type": "path", "required": True},
            "limit_mib": {"type": "int", "required": True},
            "reader": {"type": "str", "default": "www-data"},
            "folders": {"type": "list", "elements": "dict", "default": [], "options": folder},
            "files": files.FILES,
        },
        # A file's secret content has several lines, which Ansible's log of the arguments doesn't recognise.
        no_log=True,
        supports_check_mode=True,
    )
    try:
        changes = ensure(module.params, module.check_mode)
        diffs = files.ensure(module.params["files"], [], module.check_mode)
    except (ProgramError, OSError, KeyError) as error:
        module.fail_json(msg=str(error), nuage_key="apply.account-failed")
    told = [{"prepared": "\n".join(changes)}] if changes else []
    changes += [difference["before_header"] for difference in diffs]
    module.exit_json(changed=bool(changes), changes=changes, diff=told + diffs)


if __name__ == "__main__":
    main()
