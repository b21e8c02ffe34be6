#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_place
short_description: Whether the place of a municipality's applications on a server is there
description:
  - With C(absent), destroys all that the municipality has on the server, and looks whether anything is left. Units,
    processes, doors, firewall chain, databases, subvolumes with their quota groups, certificates, secrets, account.
  - Refuses without C(consent), which names the municipality by its code.
  - With C(state=closed), only says whether it is closed and what is there.
options:
  code: {description: Geographic code., type: str, required: true}
  state: {description: What is wanted., type: str, choices: [absent, looked_at], required: true}
  domains: {description: Names of its certificates., type: list, elements: str, default: []}
  consent: {description: The code once more; a person gave it., type: str, default: ""}
  only_closed:
    description: Refuse a place that no note says is closed, which may be the only one.
    type: bool
    default: false
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Destroy what the municipality left
  nuage_commun.platform.tenant_place:
    code: "46005"
    state: absent
    consent: "46005"
"""
RETURN = r"""
place: {description: What was there, and what is left., type: dict, returned: always}
"""

import json
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import tenant_place
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError

DOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def closed(code):
    """What the note of a closed place says; empty where there is none."""
    try:
        return json.loads(tenant_place.note_path(code).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def refuse(module, note):
    """Ends the module where nobody consented."""
    code = module.params["code"]
    if module.params["consent"] != code:
        module.fail_json(msg=code, nuage_key="place.no-consent", nuage_context={"code": code})
    if module.params["only_closed"] and note.get("state") != "closed":
        module.fail_json(msg=code, nuage_key="place.not-closed", nuage_context={"code": code})


def main():
    module = AnsibleModule(
        argument_spec={
            "code": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["absent", "looked_at"], "required": True},
            "domains": {"type": "list", "elements": "str", "default": []},
            "consent": {"type": "str", "default": ""},
            "only_closed": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    code, domains = module.params["code"], module.params["domains"]
    if not re.fullmatch(r"[0-9]{5}", code) or not all(DOMAIN.fullmatch(each) for each in domains):
        module.fail_json(msg=f"not a code and names of sites: {code} {domains}")
    place = tenant_place.Place(code, domains)
    try:
        there, note = place.found(), closed(code)
        if module.params["state"] == "looked_at":
            module.exit_json(changed=False, place={"found": there, "note": note, "left": there})
        if there:
            refuse(module, note)
        left = there if module.check_mode or not there else place.remove()
    except (ProgramError, OSError, KeyError, ValueError) as error:
        module.fail_json(msg=str(error), nuage_key="place.not-removed", nuage_context={"code": code})
    if left and not module.check_mode:
        module.fail_json(msg="; ".join(left), nuage_key="place.left", nuage_context={"code": code})
    told = {"before_header": f"place of {code}", "before": "\n".join(there), "after": ""}
    module.exit_json(
        changed=bool(there), place={"found": there, "note": note, "left": left}, diff=[told] if there else []
    )


if __name__ == "__main__":
    main()
