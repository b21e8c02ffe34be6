#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: debian_upgrade
short_description: Debian's newer packages on a server, and what used the older ones begun anew
description:
  - Installs what the server's own sources have newer, of the security suite alone or of all of stable; removes nothing.
  - Restarts the services that run from files that were replaced, whoever replaced them. People see a notice while a
    database or the sign-in server is restarted. nginx hands its doors on.
  - Asks for the pages of those who live on the server afterwards. Debian's packages have no way back, so that what
    fails is said, and nothing is undone.
  - Check mode says what it would do.
options:
  scope: {description: What to install., type: str, choices: [security, stable], default: security}
  address: {description: The server's own, which pages are asked at., type: str, required: true}
  pages:
    description: Pages that must be answered, with C(domain), C(path) and C(status).
    type: list
    elements: dict
    default: []
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Have security updates
  nuage_commun.platform.debian_upgrade:
    address: 192.0.2.10
"""
RETURN = r"""
debian: {description: Packages, services begun anew or left, whether to reboot., type: dict, returned: always}
"""

import http.client
import time
from contextlib import contextmanager
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import asking, debian_upgrade
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import (
    ProgramError,
    run,
    write_atomic,
)

CLOSED = Path("/run/nuage/closed.d/debian.conf")
"""Every site includes what lies there; in memory, so that a server that begins anew is open."""
NOTICE = """\
error_page 503 @closed;
return 503;
location @closed {
    include /etc/nginx/nuage-snippets/security.conf;
    add_header Cache-Control no-store always;
    add_header Retry-After 60 always;
    root /usr/share/nuage/notices;
    default_type text/html;
    try_files /maintenance.html =503;
}
"""
PATIENCE_S = 120


@contextmanager
def closed(wanted):
    """A notice in the place of every site meanwhile."""
    if not (wanted and Path("/etc/nginx/nuage-snippets").is_dir()):
        yield
        return
    CLOSED.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    try:
        write_atomic(CLOSED, NOTICE.encode(), 0o644)
        run(["systemctl", "reload", "nginx.service"])
        debian_upgrade.settle()
        yield
    finally:
        open_again()


def open_again():
    """The sites themselves; also after a run that was killed."""
    if CLOSED.exists():
        CLOSED.unlink()
        run(["systemctl", "reload", "nginx.service"])


def answered(address, pages):
    """Pages that aren't answered as they should be, though a service that was restarted was waited for."""
    deadline = time.monotonic() + PATIENCE_S
    wrong = []
    for page in pages:
        while (said := _said(address, page)) and time.monotonic() < deadline:
            time.sleep(1)
        wrong += [said] if said else []
    return wrong


def _said(address, page):
    name = f"{page['domain']}{page['path']}"
    try:
        status = asking.ask(address, page["domain"], "GET", page["path"])[0]
    except (OSError, http.client.HTTPException) as error:
        return f"{name}: {error}"
    return "" if status == page["status"] else f"{name}: {status}, not {page['status']}"


def carry_out(parameters, packages):
    """Install, restart, ask. What was done."""
    felt = debian_upgrade.touched(packages) or any(map(debian_upgrade.FELT.match, debian_upgrade.stale()))
    with closed(felt):
        if packages:
            debian_upgrade.install(packages)
        first = [unit for unit in debian_upgrade.stale() if debian_upgrade.FELT.match(unit)]
        left = debian_upgrade.restart(first)
    # Their doors stay open meanwhile; PHP's requests may take minutes to end.
    then = [unit for unit in debian_upgrade.stale() if unit not in first]
    left |= debian_upgrade.restart(then)
    return {
        "restarted": sorted({*first, *then} - set(left)),
        "left": left,
        "closed": felt,
        "wrong": answered(parameters["address"], parameters["pages"]),
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "scope": {"type": "str", "choices": ["security", "stable"], "default": "security"},
            "address": {"type": "str", "required": True},
            "pages": {"type": "list", "elements": "dict", "default": []},
        },
        supports_check_mode=True,
    )
    done = {"packages": [], "restarted": [], "left": {}, "closed": False, "wrong": []}
    try:
        run([*debian_upgrade.APT, "update"], environment=debian_upgrade.ENVIRONMENT, timeout=600)
        done["packages"] = debian_upgrade.pending(module.params["scope"])
        old = debian_upgrade.stale()
        if not module.check_mode:
            open_again()
        if module.check_mode:
            done["restarted"] = sorted(old)
        elif done["packages"] or old:
            done |= carry_out(module.params, done["packages"])
        done["reboot"] = debian_upgrade.reboot_wanted()
    except (ProgramError, OSError) as error:
        module.fail_json(msg=str(error), nuage_key="debian.failed", debian=done)
    if done["wrong"]:
        module.fail_json(msg="; ".join(done["wrong"]), nuage_key="debian.page-wrong", debian=done)
    module.exit_json(changed=bool(done["packages"] or done["restarted"]), debian=done)


if __name__ == "__main__":
    main()
