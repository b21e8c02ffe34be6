#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_job
short_description: Make, list or bring back the copies of one municipality
description:
  - Starts the server's own units, the same that the nightly timers start, and says how they ended.
options:
  name: {description: What is backed up, such as C(46005-apps)., type: str, required: true}
  do: {description: What to do., type: str, choices: [run, list, restore, drill], required: true}
  asked: {description: What was asked, as the server's program understands it., type: dict, default: {}}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Back up now
  nuage_commun.platform.backup_job:
    name: 46005-apps
    do: run
"""
RETURN = r"""
backup: {description: How it ended, or the copies that there are., type: dict, returned: success}
"""

import json
import os
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import (
    ProgramError,
    run,
    write_atomic,
)

PROGRAM = "/usr/local/lib/nuage/backup"
ASKED = Path("/run/nuage/backup")
STATE = Path("/var/lib/nuage/backup")
LONGEST_S = 8 * 3600
TURNS = 2
"""Times that it is tried: the first may be that of another one, which ran already."""
KNOWN = frozenset(
    {
        "backup.busy",
        "backup.copy-differs",
        "backup.database-failed",
        "backup.failed",
        "backup.identity-failed",
        "backup.keeper-full",
        "backup.keeper-gone",
        "backup.keeper-other",
        "backup.keeper-refuses",
        "backup.no-copy",
        "backup.no-path",
        "backup.no-repository",
        "backup.not-here",
        "backup.not-still",
        "backup.repository-broken",
        "backup.repository-busy",
        "backup.restore-failed",
        "backup.safety-failed",
        "backup.snapshot-failed",
        "backup.upgrading",
        "backup.wrong-key",
    }
)
"""What the server's program may say."""


class FailedError(Exception):
    """What the server's program said of itself."""

    def __init__(self, key, detail):
        super().__init__(detail)
        self.key = key if key in KNOWN else "backup.failed"


def state_of(name):
    try:
        return json.loads((STATE / f"{name}.json").read_text())
    except (OSError, ValueError):
        return {}


def make(name, asked):
    """Start the unit of the nightly backup, and wait. What there is is enough where it is as young as was asked.

    One that runs already is waited for; it began before it was asked, so that another one follows it.
    """
    found = state_of(name).get("success") or {}
    if 0 <= time.time() - found.get("at", 0) < asked.get("young_s", 0):
        return found
    ASKED.mkdir(parents=True, exist_ok=True)
    wanted = {part: asked[part] for part in ("run", "reason", "together") if asked.get(part)}
    wrong = FailedError("backup.busy", name)
    for _ in range(TURNS):
        write_atomic(ASKED / f"{name}.json", json.dumps(wanted).encode(), 0o600)
        try:
            run(["systemctl", "start", f"nuage-backup@{name}.service"], timeout=LONGEST_S)
        except ProgramError as error:
            failure = state_of(name).get("failure") or {}
            if failure.get("run") == asked.get("run"):
                raise FailedError(failure["key"], failure["detail"]) from error
            wrong = error
            continue
        found = state_of(name).get("success") or {}
        if found.get("run") == asked.get("run", found.get("run")):
            return found
    raise wrong


def program(verb, name, asked):
    """The server's own program, which says why it failed in its last line."""
    command = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--service-type=exec"]
    command += [f"--property=RuntimeMaxSec={LONGEST_S}", f"--description=Backup: {verb} {name}"]
    command += ["/usr/bin/python3", "-I", PROGRAM, verb, name]
    try:
        output = run(command, stdin=json.dumps(asked), timeout=LONGEST_S)
    except ProgramError as error:
        said = str(error).splitlines()[-1]
        try:
            failure = json.loads(said[said.index("{") :])
        except ValueError:
            raise error from None
        raise FailedError(failure["key"], failure["detail"]) from error
    return json.loads(output)


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "do": {"type": "str", "choices": ["run", "list", "restore", "drill"], "required": True},
            "asked": {"type": "dict", "default": {}},
        },
        supports_check_mode=False,
    )
    name, verb, asked = (module.params[part] for part in ("name", "do", "asked"))
    if not os.path.isdir(PROGRAM):
        module.fail_json(msg=name, nuage_key="backup.not-here")
    try:
        found = make(name, asked) if verb == "run" else program(verb, name, asked)
    except FailedError as error:
        module.fail_json(msg=str(error), nuage_key=error.key)
    except (ProgramError, OSError, ValueError, KeyError) as error:
        module.fail_json(msg=str(error), nuage_key="backup.failed")
    module.exit_json(
        changed=verb not in ("list", "drill"), backup=found if isinstance(found, dict) else {"copies": found}
    )


if __name__ == "__main__":
    main()
