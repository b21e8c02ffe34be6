#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nextcloud_checks
short_description: What Nextcloud itself finds wrong with a municipality's instance
description:
  - Puts drop-ins to work first, because Nextcloud asks itself through nginx; whoever comes first does it for all.
  - Runs the scheduled work where it never ran, in its own unit.
  - Runs what C(occ setupchecks) runs, and fails on every error and warning that has no excuse.
  - Leaves out, for one that this run cloned, what the golden instance was asked about the structure of the database.
options:
  user: {description: Unix user of the municipality., type: str, required: true}
  home: {description: Folder of the instance., type: path, required: true}
  excused:
    description: Names of checks that may fail, and why.
    type: dict
    default: {}
  unsigned:
    description: The same, where the consortium built the archive of Nextcloud itself.
    type: dict
    default: {}
  signed: {description: Whether the archive bears its makers' signature., type: bool, default: true}
  cloned: {description: Whether its database was cloned by this very run., type: bool, default: false}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Ask Nextcloud
  nuage_commun.platform.nextcloud_checks:
    user: t46005
    home: /srv/tenants/t46005/nextcloud
"""
RETURN = r"""
findings: {description: Errors and warnings without an excuse., type: list, returned: always}
excused: {description: Names of checks that failed with an excuse., type: list, returned: always}
"""

import json
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import activation, nextcloud, postgresql
from ansible_collections.nuage_commun.platform.plugins.module_utils.nextcloud_findings import judged
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

NEVER_RAN = "SELECT 1 FROM public.oc_appconfig WHERE appid = 'core' AND configkey = 'lastcron';"


def ensure(parameters):
    user = parameters["user"]
    if not re.fullmatch(r"t[0-9]{5}", user):
        raise ProgramError(f"{user} is not the user of a municipality")
    activation.activate()
    if not postgresql.sql(NEVER_RAN, user):
        run(["systemctl", "start", f"nuage-nextcloud-cron@{user[1:]}.service"])
    request = {"except": nextcloud.golden()["checked"] if parameters["cloned"] else []}
    program = [str(nextcloud.PROGRAMS / "checks.php")]
    text = nextcloud.in_instance(
        user[1:],
        parameters["home"],
        nextcloud.tree_in_use(user[1:]),
        program,
        stdin=json.dumps(request),
    )
    results = json.loads(text)
    if not results:
        raise ProgramError("Nextcloud named none of its checks")
    excuses = parameters["excused"] | ({} if parameters["signed"] else parameters["unsigned"])
    return judged(results, excuses)


def main():
    module = AnsibleModule(
        argument_spec={
            "user": {"type": "str", "required": True},
            "home": {"type": "path", "required": True},
            "excused": {"type": "dict", "default": {}},
            "unsigned": {"type": "dict", "default": {}},
            "signed": {"type": "bool", "default": True},
            "cloned": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    if module.check_mode:
        module.exit_json(changed=False, findings=[], excused=[])
    try:
        findings, excused = ensure(module.params)
    except (ProgramError, OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        module.fail_json(msg=str(error), nuage_key="apply.nextcloud-failed")
    if findings:
        module.fail_json(
            msg="; ".join(findings), nuage_key="apply.nextcloud-checks", findings=findings, excused=excused
        )
    module.exit_json(changed=False, findings=[], excused=excused)


if __name__ == "__main__":
    main()
