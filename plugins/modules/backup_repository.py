#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_repository
short_description: A bounded place for a municipality's copies, and a door that only adds
description:
  - Makes a Btrfs subvolume with a limit, so that one municipality's server can't fill the keeper for the others.
  - Writes the key of a server that writes, whose only command is an rclone that adds to that
    place and never takes away.
options:
  code: {description: Five-digit geographic code., type: str, required: true}
  name: {description: What is backed up, such as C(46005-apps)., type: str, required: true}
  limit_mib: {description: Limit of the place in MiB., type: int, required: true}
  public_key: {description: OpenSSH public key of the server that writes., type: str, required: true}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Have a place for its copies
  nuage_commun.platform.backup_repository:
    code: "46005"
    name: 46005-apps
    limit_mib: 4096
    public_key: ssh-ed25519 AAAA…
"""
RETURN = r"""
changes: {description: What was changed., type: list, returned: always}
"""

import fcntl
import os
import pwd
import re
import stat
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import btrfs, files
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError

PLACES = Path("/srv/backups")
KEYS = Path("/etc/nuage/backup-keys.d")
LOCK = Path("/run/nuage-backup-places.lock")
ACCOUNT = "nuage-backup"
MIB = 1024 * 1024
KEY = re.compile(r"ssh-ed25519 [A-Za-z0-9+/]{68}")
NAME = re.compile(r"[0-9]{5}-(apps|identity)")
DOOR = "restrict,command=\"/usr/bin/rclone --config '' serve restic --stdio --append-only {place}\" {key} {name}\n"


def own(place, check_mode):
    """Owner and mode, last: an interrupted run begins here again."""
    owner = pwd.getpwnam(ACCOUNT)
    found = place.stat()
    if (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (owner.pw_uid, owner.pw_gid, 0o700):
        return []
    if not check_mode:
        place.chmod(0o700)
        os.chown(place, owner.pw_uid, owner.pw_gid)
    return [f"owner and mode of {place}"]


def ensure(parameters, check_mode):
    name, code = parameters["name"], parameters["code"]
    key = " ".join(parameters["public_key"].split()[:2])
    if not (NAME.fullmatch(name) and name[:5] == code and KEY.fullmatch(key)):
        raise ProgramError(f"{name} is no name of a backup, or its key is no key")
    place = PLACES / code
    changes = btrfs.ensure(place, parameters["limit_mib"] * MIB, check_mode)
    if place.exists():
        changes += own(place, check_mode)
    door = {"path": KEYS / name, "content": DOOR.format(place=place, key=key, name=name)}
    wanted = {"secret_content": "", "group": "root", "mode": "0644", "pending": [], "validate": "", **door}
    return changes, files.ensure([wanted], [], check_mode)


def main():
    module = AnsibleModule(
        argument_spec={
            "code": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "limit_mib": {"type": "int", "required": True},
            # Public, whatever Ansible makes of its name.
            "public_key": {"type": "str", "required": True, "no_log": False},
        },
        no_log=True,
        supports_check_mode=True,
    )
    try:
        with LOCK.open("w") as lock:
            # Two servers of a municipality ask at once.
            fcntl.flock(lock, fcntl.LOCK_EX)
            changes, diffs = ensure(module.params, module.check_mode)
    except (OSError, KeyError, ProgramError) as error:
        module.fail_json(msg=str(error), nuage_key="backup.repository-failed")
    told = [{"prepared": "\n".join(changes)}] if changes else []
    changes += [difference["before_header"] for difference in diffs]
    module.exit_json(changed=bool(changes), changes=changes, diff=told + diffs)


if __name__ == "__main__":
    main()
