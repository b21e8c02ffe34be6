#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_server
short_description: What a PostgreSQL server is before any municipality lives on it
description:
  - Takes from strangers what PostgreSQL gives them in the databases C(postgres) and C(template1), catalogs that name
    other databases included.
  - Makes the roles C(golden) and C(holder), which no municipality signs in as.
  - Makes a role and a database of the same name for each service that can't use the Unix socket. Its password is made
    once, on the server, in C(/var/lib/nuage/postgresql/NAME.password), which root alone reads.
options:
  services: {description: Names of the services., type: list, elements: str, default: []}
  connections: {description: Connections that one service may hold at once., type: int, default: 60}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Close the cluster to strangers
  nuage_commun.platform.postgresql_server:
    services: [keycloak]
"""
RETURN = r"""
changes: {description: What was changed., type: list, returned: always}
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import postgresql
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError


def ensure(services, connections, check_mode):
    if check_mode and not Path(postgresql.PSQL).exists():
        # PostgreSQL itself is yet to come.
        return ["privileges of strangers", *(f"role and database {name}" for name in services)]
    changes = [change for name in ("postgres", "template1") for change in postgresql.harden(name, check_mode)]
    changes += postgresql.own_roles(check_mode)
    for name in services:
        changes += postgresql.service(name, connections, check_mode)
    return changes


def main():
    module = AnsibleModule(
        argument_spec={
            "services": {"type": "list", "elements": "str", "default": []},
            "connections": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    try:
        changes = ensure(module.params["services"], module.params["connections"], module.check_mode)
    except (ProgramError, OSError, ValueError) as error:
        module.fail_json(msg=str(error), nuage_key="apply.database-failed")
    module.exit_json(changed=bool(changes), changes=changes)


if __name__ == "__main__":
    main()
