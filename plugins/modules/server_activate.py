#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: server_activate
short_description: Put drop-ins to work, once per server and run
description:
  - Does what C(managed_files) noted in C(/run/nuage/pending), and brings the units that are named in
    C(/etc/nuage/wanted.d) up or down.
  - Checks each drop-in of nginx and nftables first. One that is broken is moved to quarantine and reported, and the
    others go on.
options: {}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Put drop-ins to work
  nuage_commun.platform.server_activate:
"""
RETURN = r"""
changes: {description: What was done., type: list, returned: always}
quarantined: {description: Broken drop-ins and what is wrong with each., type: dict, returned: always}
failed_units: {description: Units that did not start and why., type: dict, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import activation
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError


def main():
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    if module.check_mode:
        waiting = activation.waiting()
        module.exit_json(changed=bool(waiting), changes=waiting, quarantined={}, failed_units={})
    try:
        result = activation.activate()
    except (ProgramError, OSError) as error:
        module.fail_json(msg=str(error), nuage_key="apply.activation-failed")
    module.exit_json(changed=bool(result["changes"]), **result)


if __name__ == "__main__":
    main()
