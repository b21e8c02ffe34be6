#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: debian_packages
short_description: Debian packages, installed
description:
  - Asks dpkg alone, and starts apt where a package isn't there. C(ansible.builtin.apt) reads all of Debian's index each
    time, which takes longer than most tasks do; a server has a dozen of these.
  - A package that came along with another is kept from now on when that one goes.
  - Upgrades nothing and recommends nothing. The index is the one that C(server_base) had fetched.
options:
  name: {description: Names of packages., type: list, elements: str, required: true}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Install the tools of Btrfs
  nuage_commun.platform.debian_packages:
    name: [btrfs-progs]
"""
RETURN = r"""
missing: {description: Names that weren't installed., type: list, returned: always}
"""

import subprocess
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

LONGEST_S = 3600
"""Packages come from far where the mirror's proxy has none of them yet."""
WAIT_S = 120
"""For another apt, the daily upgrade's for example, to end."""
QUIET = {"DEBIAN_FRONTEND": "noninteractive", "DEBIAN_PRIORITY": "critical"}
STATES = Path("/var/lib/apt/extended_states")
NOTHING = "0 upgraded, 0 newly installed, 0 to remove"


def missing(names):
    """Those that dpkg doesn't have installed whole. It ends with an error where it never heard of one."""
    command = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Abbrev}\n", "--", *names]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    whole = {name for name, state in map(str.split, listed.stdout.splitlines()) if state[1:2] == "i"}
    return [name for name in names if name not in whole]


def came_along(names, states=STATES):
    """Those that apt would remove again when nobody depends on them any more."""
    stanzas = states.read_text().split("\n\n") if states.exists() else []
    fields = [dict(line.split(": ", 1) for line in one.splitlines() if ": " in line) for one in stanzas]
    automatic = {one.get("Package") for one in fields if one.get("Auto-Installed") == "1"}
    return [name for name in names if name in automatic]


def install(names, check_mode):
    """Whether apt did anything, or would: a name may be one that an installed package provides."""
    command = ["apt-get", "--yes", "--no-install-recommends", f"--option=DPkg::Lock::Timeout={WAIT_S}"]
    command += ["--option=Dpkg::Options::=--force-confdef", "--option=Dpkg::Options::=--force-confold"]
    command += ["--simulate"] if check_mode else []
    return NOTHING not in run([*command, "install", "--", *names], environment=QUIET, timeout=LONGEST_S)


def main():
    module = AnsibleModule(
        argument_spec={"name": {"type": "list", "elements": "str", "required": True}},
        supports_check_mode=True,
    )
    wanted = missing(module.params["name"])
    try:
        changed = bool(wanted) and install(wanted, module.check_mode)
        keep = came_along(module.params["name"])
        if keep and not module.check_mode:
            run(["apt-mark", "manual", "--", *keep])
    except ProgramError as error:
        module.fail_json(msg=str(error))
    diff = [{"before": "", "after": "".join(f"{name}\n" for name in wanted)}] if changed else []
    module.exit_json(changed=changed, missing=wanted, diff=diff)


if __name__ == "__main__":
    main()
