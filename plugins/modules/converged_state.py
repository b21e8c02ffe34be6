#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: converged_state
short_description: What a server last converged to, and what lives on it
description:
  - Reads, in one round trip per server, the digests that the server recorded when it and its tenants last converged.
  - A certificate that is due for renewal makes its tenant stale, and so does a drop-in in quarantine.
  - With C(details), adds what C(nuage status) shows.
  - Notes which of C(touched) are about to change, so that a run that is interrupted leaves them stale, even where the
    next one asks for what they were before.
options:
  desired: {description: Digest wanted for each inventory host of the server., type: dict, default: {}}
  full: {description: Count every host as stale., type: bool, default: false}
  spared: {description: Inventory hosts that C(full) isn't about., type: list, elements: str, default: []}
  details: {description: Add units and disk use., type: bool, default: false}
  touched: {description: Inventory hosts that this run is about., type: list, elements: str, default: []}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Read what is so
  nuage_commun.platform.converged_state:
    desired: {srv1: 3f…, 46005-apps: 9a…}
"""
RETURN = r"""
stale: {description: Inventory hosts of C(desired) that are stale., type: list, returned: always}
records: {description: Record of each inventory host., type: dict, returned: always}
expiring: {description: Domains whose certificate is due for renewal., type: list, returned: always}
tenants: {description: Units and disk use by Unix user., type: dict, returned: with details}
backups: {description: The last copy of each municipality., type: dict, returned: with details}
"""

import json
import re
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import btrfs
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import (
    ProgramError,
    run,
    write_atomic,
)

RECORDS = Path("/var/lib/nuage/converged")
QUARANTINE = Path("/var/lib/nuage/quarantine")
CERTIFICATES = Path("/var/lib/nuage/certificates")
COPIED = Path("/etc/nuage/backup")
COPIES = Path("/var/lib/nuage/backup")
TENANTS = Path("/srv/tenants")
RESIDENT = Path("/etc/systemd/system/multi-user.target.wants")
WORDPRESS = Path("/usr/share/wordpress/wp-includes/version.php")


def read_json(path):
    """The object in a file; an unreadable file is as good as none, and so its tenant is stale."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def wordpress_version():
    """Version of the shared tree, which security upgrades change under the sites; empty where there is none."""
    try:
        found = re.search(r"^\$wp_version = '([^']+)'", WORDPRESS.read_text(), re.MULTILINE)
    except OSError:
        return ""
    return found.group(1) if found else ""


def stale(desired, records, soon, anyway):
    """Hosts whose recorded digest isn't the wanted one, whose certificate expires soon, that lost a drop-in, or whose
    database is another version's than the code; and those of ``anyway``."""
    broken = {path.name[:5] for path in QUARANTINE.glob("*.why")}
    version = wordpress_version()
    return [
        host
        for host, digest in sorted(desired.items())
        if host in anyway
        or records.get(host, {}).get("digest") != digest
        or not soon.isdisjoint(records[host].get("domains") or [])
        or host[:5] in broken
        or (version and records[host].get("wordpress", version) != version)
    ]


def whole(desired, full, spared):
    """Hosts that are stale whatever they recorded."""
    return set(desired) - set(spared) if full else set()


def expiring():
    """Domains whose certificate is due for renewal."""
    found = {path.parent.name: read_json(path) for path in CERTIFICATES.glob("*/certificate.json")}
    return sorted(
        domain for domain, certificate in found.items() if certificate.get("renew_at", 0) < time.time()
    )


def set_out(hosts, records):
    """Take the digest out of the records of hosts that are about to change; `converged_record` puts one back."""
    for host in hosts:
        record = records.get(host, {})
        if record.get("digest"):
            begun = {**record, "digest": "", "was": record["digest"]}
            write_atomic(RECORDS / f"{host}.json", (json.dumps(begun, sort_keys=True) + "\n").encode(), 0o644)


def active_units():
    listed = run(["systemctl", "list-units", "--plain", "--no-legend", "--full", "--state=active", "nuage-*"])
    return [line.split()[0] for line in listed.splitlines() if line.split()]


def details():
    units = active_units()
    tenants = {}
    for home in sorted(TENANTS.glob("t[0-9]*")):
        if not btrfs.is_subvolume(home):
            continue
        code = home.name[1:]
        tenants[home.name] = {
            "units": [unit for unit in units if f"@{code}." in unit],
            "resident": any(RESIDENT.glob(f"nuage-*-php@{code}.service")),
            "disk_bytes": btrfs.usage_of(home),
            "disk_limit_bytes": btrfs.limit_of(home),
        }
    return tenants


def copies():
    """What became of the last copy of each municipality here, and whether the last good one is late."""
    longest = read_json(COPIED / "mail.json").get("late_hours", 30) * 3600
    found = {}
    for path in sorted(COPIED.glob("[0-9]*-*.json")):
        state = read_json(COPIES / path.name)
        since = (state.get("success") or {}).get("at") or path.stat().st_mtime
        found[path.stem] = {**state, "late": time.time() - since > longest}
    return found


def main():
    module = AnsibleModule(
        argument_spec={
            "desired": {"type": "dict", "default": {}},
            "full": {"type": "bool", "default": False},
            "spared": {"type": "list", "elements": "str", "default": []},
            "details": {"type": "bool", "default": False},
            "touched": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    records = {path.stem: read_json(path) for path in sorted(RECORDS.glob("*.json"))}
    soon = frozenset(expiring())
    desired = module.params["desired"]
    anyway = whole(desired, module.params["full"], module.params["spared"])
    result = {
        "records": records,
        "expiring": sorted(soon),
        "stale": stale(desired, records, soon, anyway),
    }
    if not module.check_mode:
        set_out(set(result["stale"]) & set(module.params["touched"]), records)
    if module.params["details"]:
        try:
            result["tenants"] = details()
            result["backups"] = copies()
        except (ProgramError, OSError) as error:
            module.fail_json(msg=str(error), nuage_key="apply.state-failed")
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
