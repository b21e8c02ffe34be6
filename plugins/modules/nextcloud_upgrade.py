#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nextcloud_upgrade
short_description: Begin the upgrade of a municipality's Nextcloud, or note that it passed
description:
  - C(begin) writes the files that close its door behind a notice, ends its programs, and keeps a snapshot of its files
    and a copy of its database. What a former run left is undone first, unless that one had passed.
  - C(pass) notes that nothing is undone any more. C(nextcloud_instance) then clears away what was kept; asked for the
    former edition before that, it gives back what was kept.
options:
  do: {description: What to do., type: str, choices: [begin, pass], required: true}
  user: {description: Unix user of the municipality., type: str, required: true}
  home: {description: Folder of the instance., type: path, required: true}
  edition: {description: Edition that it has., type: str, required: true}
  to: {description: Edition that it is to have., type: str, required: true}
  release: {description: Name of the release that it is to have., type: str, required: true}
  database_limit_mib: {description: Limit of the database in MiB., type: int, required: true}
extends_documentation_fragment: [nuage_commun.platform.files]
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Begin
  nuage_commun.platform.nextcloud_upgrade:
    do: begin
    user: t46005
    home: /srv/tenants/t46005/nextcloud
    edition: 33.0.1-0123456789ab
    to: 34.0.1-0123456789ab
    release: 34.0.1-ba9876543210
    database_limit_mib: 1024
"""
RETURN = r"""
upgrade: {description: The release and how far it is., type: dict, returned: success}
"""

import re
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import (
    activation,
    files,
    nextcloud_upgrade,
)
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError


def begin(parameters):
    user, code = parameters["user"], parameters["user"][1:]
    if not (Path(parameters["home"]) / "config" / "config.php").exists():
        raise ProgramError("there is no Nextcloud yet")
    found = nextcloud_upgrade.note(code)
    if found and found["phase"] == "passed" and found["to"] == parameters["to"]:
        return "passed"
    if found:
        values = (parameters[name] for name in ("home", "database_limit_mib"))
        nextcloud_upgrade.resume(user, *values, found["from"])
    nextcloud_upgrade.tree_of(parameters["to"])
    nextcloud_upgrade.refuse(user)
    words = {"from": parameters["edition"], "to": parameters["to"], "at": int(time.time())}
    nextcloud_upgrade.write_note(code, **words, phase="begun")
    nextcloud_upgrade.forget_digest(code)
    for file in parameters["files"]:
        # One after the other: people see the notice before what is behind it goes.
        files.ensure([file], [], check_mode=False)
        activation.activate()
    nextcloud_upgrade.rest(code)
    nextcloud_upgrade.keep(user)
    nextcloud_upgrade.write_note(code, **words, phase="kept")
    return "kept"


def perform(parameters):
    """How far it is then."""
    if not re.fullmatch(r"t[0-9]{5}", parameters["user"]):
        raise ProgramError(f"{parameters['user']} is not the user of a municipality")
    if parameters["do"] == "begin":
        return begin(parameters)
    code = parameters["user"][1:]
    found = nextcloud_upgrade.note(code)
    if found is None or found["phase"] not in ("kept", "passed"):
        raise ProgramError("no upgrade of it was begun")
    nextcloud_upgrade.write_note(code, **{**found, "phase": "passed"})
    return "passed"


def main():
    text = {"type": "str", "required": True}
    module = AnsibleModule(
        argument_spec={
            "do": {**text, "choices": ["begin", "pass"]},
            "user": text,
            "home": {"type": "path", "required": True},
            "edition": text,
            "to": text,
            "release": text,
            "database_limit_mib": {"type": "int", "required": True},
            "files": files.FILES,
        },
        no_log=True,
    )
    try:
        phase = perform(module.params)
    except (ProgramError, OSError, KeyError, ValueError) as error:
        module.fail_json(msg=str(error), nuage_key="upgrading.not-begun")
    module.exit_json(changed=True, upgrade={"release": module.params["release"], "phase": phase})


if __name__ == "__main__":
    main()
