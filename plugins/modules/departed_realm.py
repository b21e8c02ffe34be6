#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: departed_realm
short_description: Destroy what a municipality that left has on a sign-in server
description:
  - Its realm with its people, the secrets that its directory or provider gave, its doors, its backup's key and state,
    and what is put aside of it. Refuses without C(consent), which names the municipality by its code.
  - What is gone stays gone - run again, it takes away the rest.
options:
  code: {description: Geographic code; also the realm's name., type: str, required: true}
  consent: {description: The code once more; a person gave it., type: str, default: ""}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Destroy the realm
  nuage_commun.platform.departed_realm:
    code: "46005"
    consent: "46005"
"""
RETURN = r"""
destroyed: {description: What was destroyed., type: list, returned: success}
"""

import re
import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import activation
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak import Admin, KeycloakError
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import (
    ProgramError,
    mark_pending,
    run,
)

DOORS = ("/etc/nginx/nuage-identity.d/{code}.*",)
PLACES = (
    "/etc/nuage/keycloak/vault/{code}_*",
    "/etc/nuage/backup/{code}-identity.*",
    "/run/nuage/backup/{code}-identity.*",
    "/var/lib/nuage/backup/{code}-identity.*",
    "/var/cache/nuage-backup/{code}-identity",
    "/var/lib/prometheus/node-exporter/nuage_backup_{code}-identity.prom",
    "/srv/moments/{code}-identity*",
    "/srv/safety/{code}-identity",
    # Last: while it is there, the server still says that the municipality is on it.
    "/var/lib/nuage/converged/{code}-identity.json",
)


def found(patterns, code):
    return [path for pattern in patterns for path in sorted(Path("/").glob(pattern.format(code=code)[1:]))]


def timers(code):
    """Those of its backup end before their files go."""
    path = Path(f"/etc/nuage/wanted.d/{code}-identity-backup")
    if not path.exists():
        return []
    names = path.read_text(encoding="ascii").split()
    if names:
        run(["systemctl", "disable", "--now", *names])
    path.unlink()
    return names


def realm(code):
    """Whether there was one."""
    try:
        Admin().delete(f"/{code}")
    except KeycloakError as error:
        if error.status == 404:
            return []
        raise
    return [f"realm {code}"]


def destroy(code):
    gone = [f"unit {name}" for name in timers(code)] + realm(code)
    doors = found(DOORS, code)
    for path in doors:
        path.unlink()
    if doors:
        mark_pending(["nginx"])
        activation.activate()
    places = found(PLACES, code)
    for path in places:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return gone + [str(path) for path in doors + places]


def main():
    module = AnsibleModule(
        argument_spec={
            "code": {"type": "str", "required": True},
            "consent": {"type": "str", "default": ""},
        },
        supports_check_mode=False,
    )
    code = module.params["code"]
    if not re.fullmatch(r"[0-9]{5}", code) or module.params["consent"] != code:
        module.fail_json(msg=code, nuage_key="leave.no-consent", nuage_context={"code": code})
    try:
        gone = destroy(code)
    except (KeycloakError, ProgramError, OSError) as error:
        module.fail_json(msg=str(error), nuage_key="leave.not-destroyed", nuage_context={"code": code})
    module.exit_json(changed=bool(gone), destroyed=gone)


if __name__ == "__main__":
    main()
