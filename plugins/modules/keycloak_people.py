#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: keycloak_people
short_description: People of a municipality's realm
description:
  - Brings a file's people in - new ones are invited by mail, others brought up to date - or lists everybody, or keeps
    somebody out, or lets them in again. Nobody is deleted.
  - What is told of people by C(people) and C(name) stays out of logs; results name nobody, but for a list.
options:
  realm: {description: Name of the realm., type: str, required: true}
  do:
    description: What is asked.
    type: str
    choices: [list, import, disable, enable]
    required: true
  people:
    description: >-
      C(username), C(email), C(first_name), C(last_name), C(language), C(groups), and C(regroup), whether groups are to
      be as they are here.
    type: list
    elements: dict
    default: []
  name: {description: User name or address of somebody., type: str, default: ""}
  mail: {description: Whether to invite., type: bool, default: true}
  again: {description: Whether to invite again who hasn't answered., type: bool, default: false}
  everyone: {description: Whether everybody must have a second factor., type: bool, default: false}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Bring people in
  nuage_commun.platform.keycloak_people:
    realm: "46005"
    do: import
    people: "{{ lookup('ansible.builtin.file', path) | from_json }}"
"""
RETURN = r"""
people: {description: An outcome for each of C(people) in their order, or everybody., type: list, returned: success}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import keycloak_people
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak import Admin, KeycloakError
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run


def carry_out(parameters, check_mode):
    """Outcomes, or everybody; None where there's nobody of that name."""
    realm = keycloak_people.Realm(Admin(), parameters["realm"])
    if parameters["do"] == "list":
        return keycloak_people.shown(realm)
    if parameters["do"] == "import":
        return keycloak_people.bring_in(realm, parameters["people"], parameters, check_mode)
    outcome = keycloak_people.switch(realm, parameters["name"], parameters["do"] == "enable", check_mode)
    if outcome is not None and not check_mode:
        if parameters["do"] == "enable":
            # Of people of a directory, it says that they were out.
            run(["systemctl", "start", "nuage-identity-directories.service"])
        # Applications are asked next, and this is what they look at; else it is written each minute.
        run(["systemctl", "start", "nuage-identity-people.service"])
    return None if outcome is None else [{"outcome": outcome, "invited": False, "why": ""}]


def main():
    module = AnsibleModule(
        argument_spec={
            "realm": {"type": "str", "required": True},
            "do": {"type": "str", "choices": ["list", "import", "disable", "enable"], "required": True},
            "people": {"type": "list", "elements": "dict", "default": [], "no_log": True},
            "name": {"type": "str", "default": "", "no_log": True},
            "mail": {"type": "bool", "default": True},
            "again": {"type": "bool", "default": False},
            "everyone": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        people = carry_out(module.params, module.check_mode)
    except (KeycloakError, ProgramError, OSError, KeyError, TypeError, ValueError) as error:
        module.fail_json(msg=f"{type(error).__name__}: {error}", nuage_key="users.failed")
    if people is None:
        module.fail_json(msg="nobody of that name", nuage_key="users.unknown")
    changed = any(one.get("outcome") in ("created", "changed") or one.get("invited") for one in people)
    module.exit_json(changed=changed, people=people)


if __name__ == "__main__":
    main()
