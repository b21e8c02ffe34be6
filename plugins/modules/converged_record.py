#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: converged_record
short_description: Put a tenant's drop-ins to work, check that it answers, then record its digest
description:
  - With C(code), activates what is waiting on the server; whoever comes first does it for all tenants of a run.
  - Asks the server itself for each of C(pages) over HTTPS, with the site's name, and compares the status.
  - Records the digest only when that succeeds and nothing of the tenant is in quarantine, so that whatever failed is
    stale and is done again by the next run.
options:
  host: {description: Inventory host., type: str, required: true}
  digest: {description: Digest of the desired state., type: str, required: true}
  facts: {description: What to keep beside it, such as versions., type: dict, default: {}}
  address: {description: Address to ask., type: str, default: ""}
  pages:
    description: What is asked for.
    type: list
    elements: dict
    default: []
    options:
      domain: {description: Name of the site., type: str, required: true}
      path: {description: Path to ask for., type: str, default: /}
      status: {description: Expected status., type: int, default: 200}
  code: {description: Geographic code; empty for a server., type: str, default: ""}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Record
  nuage_commun.platform.converged_record:
    host: srv1
    digest: "{{ nuage_digest }}"
"""
RETURN = r"""
record: {description: What was recorded., type: dict, returned: success}
quarantined: {description: Drop-ins that were put aside just now and why, type: dict, returned: always}
"""

import http.client
import json
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import activation, asking
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, write_atomic

RECORDS = Path("/var/lib/nuage/converged")
PAGE = {
    "domain": {"type": "str", "required": True},
    "path": {"type": "str", "default": "/"},
    "status": {"type": "int", "default": 200},
}
PATIENCE = 30
"""Seconds that nginx may take to change its workers after a reload, on a busy server."""


def answer(address, domain, path):
    return asking.ask(address, domain, "GET", path)[0]


def patient_answer(address, domain, path, status):
    """Status of the answer, asked for again while nginx's former workers still know nothing of the site."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            found = answer(address, domain, path)
        except OSError:
            if time.monotonic() > deadline:
                raise
        else:
            if found == status or time.monotonic() > deadline:
                return found
        time.sleep(0.2)


def check(module):
    """Drop-ins that this call put aside, whoever's they are; ends the module where the tenant isn't well."""
    parameters = module.params
    code = parameters["code"]
    aside = {}
    if code:
        try:
            done = activation.activate()
        except (ProgramError, OSError) as error:
            module.fail_json(msg=str(error), nuage_key="apply.activation-failed")
        aside = done["quarantined"]
        broken = activation.quarantined(code)
        if broken:
            module.fail_json(msg=json.dumps(broken), nuage_key="apply.quarantined", quarantined=aside)
        broken = {unit: why for unit, why in done["failed_units"].items() if f"@{code}." in unit}
        if broken:
            module.fail_json(msg=json.dumps(broken), nuage_key="apply.unit-failed", quarantined=aside)
    for page in parameters["pages"]:
        ask(module, page, aside)
    return aside


def ask(module, page, aside):
    """Ends the module where a page isn't answered as it should be."""
    wanted = page["path"], page["status"]
    try:
        status = patient_answer(module.params["address"], page["domain"], *wanted)
    except (OSError, http.client.HTTPException) as error:
        module.fail_json(msg=f"{page['domain']}: {error}", nuage_key="apply.no-answer", quarantined=aside)
    if status != page["status"]:
        module.fail_json(
            msg=f"{page['domain']}{page['path']}: {status}, not {page['status']}",
            nuage_key="apply.wrong-status",
            quarantined=aside,
        )


def unchanged(before, wanted):
    """Whether a record says what it said before `converged_state` took its digest out."""
    kept = {name: value for name, value in before.items() if name not in ("at", "was")}
    return "at" in before and {**kept, "digest": before.get("was") or kept.get("digest")} == wanted


def main():
    module = AnsibleModule(
        argument_spec={
            "host": {"type": "str", "required": True},
            "digest": {"type": "str", "required": True},
            "facts": {"type": "dict", "default": {}},
            "address": {"type": "str", "default": ""},
            "pages": {"type": "list", "elements": "dict", "default": [], "options": PAGE},
            "code": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    path = RECORDS / f"{module.params['host']}.json"
    # A version that nobody told is of a service that isn't there.
    facts = {name: value for name, value in module.params["facts"].items() if value not in ("", None)}
    wanted = {"digest": module.params["digest"], **facts}
    try:
        before = json.loads(path.read_text())
    except (OSError, ValueError):
        before = {}
    since = before.get("at") if unchanged(before, wanted) else int(time.time())
    aside = {}
    if not module.check_mode:
        aside = check(module)
        after = {**wanted, "at": since}
        if before != after:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
            write_atomic(path, (json.dumps(after, sort_keys=True) + "\n").encode(), 0o644)
    # A record is bookkeeping about a change, and not itself one that drift should report.
    module.exit_json(changed=False, record=wanted, quarantined=aside)


if __name__ == "__main__":
    main()
