#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: keycloak_server
short_description: A built Keycloak, the credential of its database, and the account that deployments use
description:
  - Builds the distribution in a folder of its own beside the others, as Keycloak's own account, and gives it to root.
    Which one runs is decided by the unit, so a new version is built while the former one goes on.
  - Writes the database's password in the form that the driver reads, for a credential of the unit.
  - Makes the service account's secret on the server and the account itself, before Keycloak starts the first time.
    There is no administrator with a password.
  - Keeps a copy of the database before a new version moves its tables, and refuses an older version than the
    database's.
options:
  version: {description: Version of the distribution., type: str, required: true}
  archive: {description: Tree of the distribution as it was released., type: path, required: true}
  tree: {description: Tree to build., type: path, required: true}
  build: {description: Options of C(kc.sh build)., type: list, elements: str, default: []}
  settings: {description: Folder of the settings and secrets., type: path, default: /etc/nuage/keycloak}
  state_path: {description: Keycloak's own folder., type: path, default: /var/lib/nuage-keycloak}
  password_file:
    description: Password of the database's role C(keycloak), made by the database's own role.
    type: path
    default: /var/lib/nuage/postgresql/keycloak.password
  backups: {description: Folder of the copies., type: path, default: /var/backups/nuage-keycloak}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Build it
  nuage_commun.platform.keycloak_server:
    version: 26.7.3
    archive: /usr/share/nuage/trees/keycloak-26.7.3-27a6535553c3
    tree: /usr/share/nuage/keycloak/26.7.3-0123456789ab
"""
RETURN = r"""
changes: {description: What was changed., type: list, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_server
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError


def main():
    module = AnsibleModule(
        argument_spec={
            "version": {"type": "str", "required": True},
            "archive": {"type": "path", "required": True},
            "tree": {"type": "path", "required": True},
            "build": {"type": "list", "elements": "str", "default": []},
            "settings": {"type": "path", "default": "/etc/nuage/keycloak"},
            "state_path": {"type": "path", "default": "/var/lib/nuage-keycloak"},
            # A path, not a password.
            "password_file": {
                "type": "path",
                "default": "/var/lib/nuage/postgresql/keycloak.password",
                "no_log": False,
            },
            "backups": {"type": "path", "default": "/var/backups/nuage-keycloak"},
        },
        supports_check_mode=True,
    )
    try:
        changes = keycloak_server.ensure(module.params, module.check_mode)
    except keycloak_server.NewerError as error:
        module.fail_json(msg=str(error), nuage_key="apply.identity-newer")
    except (ProgramError, OSError, KeyError, ValueError) as error:
        module.fail_json(msg=str(error), nuage_key="apply.identity-failed")
    diff = [{"prepared": "\n".join(changes)}] if changes else []
    module.exit_json(changed=bool(changes), changes=changes, diff=diff)


if __name__ == "__main__":
    main()
