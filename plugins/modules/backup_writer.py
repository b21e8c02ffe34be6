#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: backup_writer
short_description: What a server needs to back a municipality up
description:
  - Writes the settings and the repository's password, and makes the SSH key of the keeper's door, here and once. The
    private half never leaves the server.
options:
  name: {description: What is backed up, such as C(46005-apps)., type: str, required: true}
extends_documentation_fragment: [nuage_commun.platform.files]
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Have the key of its door
  nuage_commun.platform.backup_writer:
    name: 46005-apps
    files: []
"""
RETURN = r"""
changes: {description: What was changed., type: list, returned: always}
public_key: {description: The key's public half; empty where check mode made none., type: str, returned: always}
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import files
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

FOLDER = Path("/etc/nuage/backup")


def ensure_key(name, check_mode):
    """The public half, and what changed. A private half without its other one is half made, and made anew."""
    private = FOLDER / f"{name}.key"
    public = FOLDER / f"{name}.key.pub"
    if private.exists() and public.exists():
        return public.read_text().strip(), []
    if check_mode:
        return "", [f"key {name}"]
    FOLDER.mkdir(parents=True, exist_ok=True, mode=0o755)
    private.unlink(missing_ok=True)
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(private)])
    return public.read_text().strip(), [f"key {name}"]


def main():
    module = AnsibleModule(
        argument_spec={"name": {"type": "str", "required": True}, "files": files.FILES},
        # A file's secret content, which Ansible's log of the arguments doesn't recognise.
        no_log=True,
        supports_check_mode=True,
    )
    try:
        diffs = files.ensure(module.params["files"], [], module.check_mode)
        public, made = ensure_key(module.params["name"], module.check_mode)
    except (OSError, KeyError, ProgramError) as error:
        module.fail_json(msg=str(error), nuage_key="backup.writer-failed")
    changes = [difference["before_header"] for difference in diffs] + made
    told = [{"prepared": "\n".join(made)}] if made else []
    module.exit_json(changed=bool(changes), changes=changes, diff=diffs + told, public_key=public)


if __name__ == "__main__":
    main()
