#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: departed_copies
short_description: Destroy the copies that a keeper has of a municipality that left
description:
  - Its doors first, so that nobody adds; then its repository, with the quota group that counted it.
  - Refuses without C(consent), which names the municipality by its code. What is gone stays gone.
options:
  code: {description: Geographic code., type: str, required: true}
  consent: {description: The code once more; a person gave it., type: str, default: ""}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Destroy its copies
  nuage_commun.platform.departed_copies:
    code: "46005"
    consent: "46005"
"""
RETURN = r"""
destroyed: {description: What was destroyed., type: list, returned: success}
"""

import re
import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import btrfs
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError

PLACES = Path("/srv/backups")
KEYS = Path("/etc/nuage/backup-keys.d")


def destroy(code):
    doors = [KEYS / f"{code}-{part}" for part in ("apps", "identity")]
    gone = [path for path in doors if path.exists()]
    for path in gone:
        path.unlink()
    place = PLACES / code
    if btrfs.is_subvolume(place):
        btrfs.remove(place)
        gone.append(place)
    elif place.exists():
        # Half of what an interrupted run began.
        shutil.rmtree(place)
        gone.append(place)
    return [str(path) for path in gone]


def main():
    module = AnsibleModule(
        argument_spec={
            "code": {"type": "str", "required": True},
            "consent": {"type": "str", "default": ""},
        },
        supports_check_mode=False,
    )
    code = module.params["code"]
    if not re.fullmatch(r"[0-9]{5}", code) or module.params["consent"] != code:
        module.fail_json(msg=code, nuage_key="leave.no-consent", nuage_context={"code": code})
    try:
        gone = destroy(code)
    except (ProgramError, OSError) as error:
        module.fail_json(msg=str(error), nuage_key="leave.not-destroyed", nuage_context={"code": code})
    module.exit_json(changed=bool(gone), destroyed=gone)


if __name__ == "__main__":
    main()
