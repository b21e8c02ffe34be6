#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: breakglass
short_description: A short-lived local administrator of one municipality's service
description:
  - Asks the server's own C(/usr/local/lib/nuage/breakglass.py), which also removes the account when its time is over.
  - The password goes to it by standard input, and is kept nowhere.
options:
  do: {description: What to do., type: str, choices: [open, end, list], required: true}
  code: {description: Geographic code of the municipality., type: str, default: ""}
  service: {description: Its service., type: str, default: ""}
  account: {description: Name of the account., type: str, default: ""}
  password: {description: Its password., type: str, default: ""}
  operator: {description: Who asks., type: str, default: ""}
  reason: {description: Why., type: str, default: ""}
  seconds: {description: How long the account lives., type: int, default: 0}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Say which accounts there are
  nuage_commun.platform.breakglass:
    do: list
"""
RETURN = r"""
breakglass: {description: The accounts that there are now., type: list, returned: success}
"""

import json
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

PROGRAM = "/usr/local/lib/nuage/breakglass.py"
REFUSED = {
    "already-open": "breakglass.already-open",
    "not-open": "breakglass.not-open",
    "no-service": "breakglass.no-service",
}


def main():
    texts = {
        name: {"type": "str", "default": ""} for name in ("code", "service", "account", "operator", "reason")
    }
    module = AnsibleModule(
        argument_spec={
            "do": {"type": "str", "choices": ["open", "end", "list"], "required": True},
            "password": {"type": "str", "default": "", "no_log": True},
            "seconds": {"type": "int", "default": 0},
            **texts,
        },
        supports_check_mode=True,
    )
    asked = dict(module.params)
    verb = asked.pop("do")
    if verb == "list" and not Path(PROGRAM).is_file():
        module.exit_json(changed=False, breakglass=[])
    if module.check_mode and verb != "list":
        module.exit_json(changed=True, breakglass=[])
    try:
        output = run(["/usr/bin/python3", "-I", PROGRAM, verb], stdin=json.dumps(asked))
        module.exit_json(changed=verb != "list", breakglass=json.loads(output))
    except (ProgramError, ValueError) as error:
        said = str(error).rpartition(": ")[2]
        module.fail_json(msg=str(error), nuage_key=REFUSED.get(said, "breakglass.failed"))


if __name__ == "__main__":
    main()
