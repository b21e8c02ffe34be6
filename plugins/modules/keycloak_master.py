#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: keycloak_master
short_description: The realm of a sign-in server's own administration
description:
  - Bounds guesses, keeps events, asks everybody for a second factor and lets no program send a password.
  - Makes the service account of deployments, which begins as a temporary one, permanent.
options: {}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Settle it
  nuage_commun.platform.keycloak_master:
"""
RETURN = r"""
changes: {description: Names of what was changed., type: list, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_reconcile
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak import (
    CLIENT,
    SECRET,
    Admin,
    KeycloakError,
)
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak_compare import difference


def main():
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    try:
        changes = keycloak_reconcile.master(Admin(), CLIENT)
        for change in [] if module.check_mode else changes:
            change.apply()
    except KeycloakError as error:
        if module.check_mode and not error.status and not SECRET.exists():
            # The server itself is yet to come.
            module.exit_json(changed=True, changes=["realm"], diff=[])
        module.fail_json(msg=str(error), nuage_key="apply.identity-failed")
    except (OSError, KeyError, TypeError, ValueError) as error:
        module.fail_json(msg=f"{type(error).__name__}: {error}", nuage_key="apply.identity-failed")
    names = [change.name for change in changes]
    module.exit_json(changed=bool(names), changes=names, diff=[difference(change) for change in changes])


if __name__ == "__main__":
    main()
