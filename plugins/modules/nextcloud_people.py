#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nextcloud_people
short_description: Has a municipality's Nextcloud ask its realm now who may still come in
description:
  - Scheduled work does it too, each quarter of an hour. Who is kept out can't use passwords for programs any more; who
    is let in again can.
options:
  user: {description: Unix user of the municipality., type: str, required: true}
  home: {description: Folder of the instance., type: path, required: true}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Ask the realm
  nuage_commun.platform.nextcloud_people:
    user: t46005
    home: /srv/tenants/t46005/nextcloud
"""
RETURN = r"""
kept_out: {description: How many were kept out., type: int, returned: success}
let_in: {description: How many were let in again., type: int, returned: success}
"""

import json
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import nextcloud
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError


def bring(user, home):
    """How many were kept out, and let in again."""
    if not (Path(home) / "config" / "config.php").exists():
        return 0, 0
    program = [str(nextcloud.PROGRAMS / "realm_people.php")]
    said = json.loads(nextcloud.in_instance(user[1:], home, nextcloud.tree_in_use(user[1:]), program))
    return int(said["out"]), int(said["in"])


def main():
    module = AnsibleModule(
        argument_spec={
            "user": {"type": "str", "required": True},
            "home": {"type": "path", "required": True},
        },
    )
    try:
        kept_out, let_in = bring(module.params["user"], module.params["home"])
    except (ProgramError, OSError, KeyError, TypeError, ValueError) as error:
        module.fail_json(msg=str(error), nuage_key="users.nextcloud-late")
    module.exit_json(changed=bool(kept_out or let_in), kept_out=kept_out, let_in=let_in)


if __name__ == "__main__":
    main()
