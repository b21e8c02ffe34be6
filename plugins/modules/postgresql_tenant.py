#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_tenant
short_description: A municipality's PostgreSQL role and database
description:
  - Clones a golden database into a Btrfs subvolume with a limit; the role signs in by Unix socket and has no password.
  - Corrects drift of the role, of owners and of privileges, and takes back what somebody gave by hand.
  - A clone that was interrupted begins again. Nothing is ever dropped that was whole.
options:
  user: {description: Unix user; also the name of the role and of the database., type: str, required: true}
  golden: {description: Name of the golden database., type: str, required: true}
  path: {description: PostgreSQL's folder., type: path, default: /srv/postgresql}
  limit_mib: {description: Limit of the database in MiB., type: int, required: true}
  connections: {description: Connections at once., type: int, default: 20}
  read_only: {description: Whether the database may only be read., type: bool, default: false}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Make the database
  nuage_commun.platform.postgresql_tenant:
    user: t46005
    golden: golden_34_0_1
    limit_mib: 1024
"""
RETURN = r"""
changes: {description: What was changed., type: list, returned: always}
created: {description: Whether the database is new., type: bool, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import postgresql_tenant
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError


def main():
    module = AnsibleModule(
        argument_spec={
            "user": {"type": "str", "required": True},
            "golden": {"type": "str", "required": True},
            "path": {"type": "path", "default": "/srv/postgresql"},
            "limit_mib": {"type": "int", "required": True},
            "connections": {"type": "int", "default": 20},
            "read_only": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    asked = module.params
    try:
        wanted = postgresql_tenant.Wanted(
            asked["golden"], asked["limit_mib"], asked["connections"], asked["read_only"]
        )
        changes, created = postgresql_tenant.ensure(
            asked["user"], wanted, path=asked["path"], check_mode=module.check_mode
        )
    except (ProgramError, OSError, KeyError, ValueError) as error:
        module.fail_json(msg=str(error), nuage_key="apply.database-failed")
    told = [{"prepared": "\n".join(changes)}] if changes else []
    module.exit_json(changed=bool(changes), changes=changes, created=created, diff=told)


if __name__ == "__main__":
    main()
