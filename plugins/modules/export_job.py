#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: export_job
short_description: Hold one moment of a municipality for an export, or let it go
description:
  - Starts the server's own program in a bounded unit. What it holds is fetched over SSH, and not by this module.
options:
  name: {description: What is exported, such as C(46005-apps)., type: str, required: true}
  do: {description: What to do., type: str, choices: [begin, end], required: true}
  asked: {description: What was asked, as the server's program understands it., type: dict, default: {}}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Hold a moment
  nuage_commun.platform.export_job:
    name: 46005-apps
    do: begin
    asked: {run: 20261130T030000Z, services: [wordpress], domains: [www.abercorn.example]}
"""
RETURN = r"""
export: {description: How much is held., type: dict, returned: success}
"""

import json
import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

PROGRAM = "/usr/local/lib/nuage/export"
LONGEST_S = 4 * 3600
BOUNDS = ("Nice=10", "IOSchedulingClass=best-effort", f"RuntimeMaxSec={LONGEST_S}")
KNOWN = frozenset(
    {
        "backup.database-failed",
        "backup.identity-failed",
        "backup.not-still",
        "backup.snapshot-failed",
        "export.busy",
        "export.failed",
        "export.gone",
        "export.not-read-only",
        "export.website-failed",
    }
)
"""What the server's program may say."""


def failure_of(error):
    """Key and detail of the last line that the program said."""
    said = str(error).splitlines()[-1]
    try:
        failure = json.loads(said[said.index("{") :])
        key = failure["key"] if failure["key"] in KNOWN else "export.failed"
        return key, failure["detail"]
    except (ValueError, KeyError):
        return "export.failed", str(error)


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "do": {"type": "str", "choices": ["begin", "end"], "required": True},
            "asked": {"type": "dict", "default": {}},
        },
        supports_check_mode=False,
    )
    name, verb, asked = (module.params[part] for part in ("name", "do", "asked"))
    if not os.path.isdir(PROGRAM):
        module.fail_json(msg=name, nuage_key="export.failed")
    command = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--service-type=exec"]
    command += [f"--property={bound}" for bound in BOUNDS]
    command += [f"--description=Export: {verb} {name}", "/usr/bin/python3", "-I", PROGRAM, verb, name]
    try:
        held = json.loads(run(command, stdin=json.dumps(asked), timeout=LONGEST_S))
    except ProgramError as error:
        key, detail = failure_of(error)
        module.fail_json(msg=detail, nuage_key=key)
    except (OSError, ValueError) as error:
        module.fail_json(msg=str(error), nuage_key="export.failed")
    module.exit_json(changed=True, export=held)


if __name__ == "__main__":
    main()
