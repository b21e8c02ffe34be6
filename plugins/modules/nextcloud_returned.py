#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nextcloud_returned
short_description: Fails, to say that an upgrade went back, and why
description:
  - Ends a municipality's part in the run after the return, with a key that the control machine has words for.
options:
  failure: {description: Result of what failed., type: dict, required: true}
  stuck: {description: Result of the return, where that failed too., type: dict, default: {}}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Say that it went back
  nuage_commun.platform.nextcloud_returned:
    failure: "{{ ansible_failed_result }}"
"""
RETURN = r"""
nuage_key: {description: Catalogue key., type: str, returned: always}
"""

from ansible.module_utils.basic import AnsibleModule

LONGEST = 1500


def words(result):
    return str(result.get("msg") or result.get("exception") or "?")[-LONGEST:]


def main():
    module = AnsibleModule(
        argument_spec={
            "failure": {"type": "dict", "required": True},
            "stuck": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    why, stuck = words(module.params["failure"]), module.params["stuck"]
    if stuck:
        module.fail_json(msg=f"{why}; {words(stuck)}", nuage_key="upgrading.stuck")
    module.fail_json(msg=why, nuage_key="upgrading.returned")


if __name__ == "__main__":
    main()
