#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_observation
short_description: What an audit takes down of a server, signed with the server's own host key
description:
  - Reads, in one call, everything that C(nuage audit collect) takes down of a live server; changes nothing.
  - Known values of known keys alone. No secret, no mail address and no person's name is among them.
  - Signs an index of the hashes of it all with the server's SSH host key, which stays where it is.
options:
  server: {description: Name of the server in the consortium's spec., type: str, required: true}
  audit: {description: Identifier of the audit., type: str, required: true}
  nonce: {description: Fresh random number of the audit; nothing older can be shown for it., type: str, required: true}
  only:
    description: Codes of municipalities; all of them when empty.
    type: list
    elements: str
    default: []
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Take down what an auditor asks
  nuage_commun.platform.audit_observation:
    server: srv1
    audit: 3f0c…
    nonce: 9a41…
"""
RETURN = r"""
observation:
  description: Texts by path, as JSON that was compressed with zlib and written in base64.
  type: str
  returned: success
"""

import base64
import json
import os
import re
import subprocess
import time
import zlib
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import (
    audit_access,
    audit_copies,
    audit_keeping,
    audit_network,
    audit_realms,
    audit_storage,
    audit_system,
    audit_tenants,
    audit_traffic,
)
from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_shapes as shapes
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError

FORMAT = "nuage-observation-index/1"
NAMESPACE = "nuage-observation"
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
TENANTS = Path("/srv/tenants")


def observe(only):
    """Every document, by path below the server's own folder."""
    places = audit_network.destinations()
    egress = audit_traffic.egress()
    mounted = audit_storage.mounts()
    realms = audit_realms.realms()
    codes = codes_of(os.listdir(TENANTS) if TENANTS.is_dir() else [], realms, only)
    documents = {
        "system": audit_system.system(),
        "packages": audit_system.packages(),
        "components": audit_system.components(),
        "destinations": places,
        "sockets": audit_traffic.sockets(),
        "egress": egress,
        "storage": audit_storage.storage(mounted, places["backup_targets"]),
        "access": audit_access.access(),
        "tls": audit_keeping.tls(),
        "retention": audit_keeping.retention(),
        "copies": audit_copies.copies(),
    }
    each = audit_tenants.tenants(codes, mounted, egress["counters"], realms)
    documents |= {f"tenants/{code}": said for code, said in each.items()}
    return documents


def codes_of(folders, realms, only):
    """Municipalities that the server knows, whatever anybody declared."""
    found = {name[1:] for name in folders if shapes.TENANT.match(name)} | set(realms)
    return sorted(code for code in found if not only or code in only)


def index(parameters, texts):
    """The text that is signed: what was taken down, for which audit, where and when."""
    return shapes.canonical(
        {
            "format": FORMAT,
            "audit": parameters["audit"],
            "nonce": parameters["nonce"],
            "server": parameters["server"],
            "collected": shapes.rfc3339(time.time()),
            "boot_id": shapes.read("/proc/sys/kernel/random/boot_id").strip(),
            "files": {path: shapes.digest(text) for path, text in texts.items()},
        }
    )


def sign(text):
    """An OpenSSH signature by the host key.

    Raises:
        ProgramError: there is no Ed25519 host key, or ssh-keygen says no.
    """
    command = ["/usr/bin/ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", HOST_KEY]
    done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=30, check=False)
    if done.returncode != 0:
        raise ProgramError(
            f"ssh-keygen ({done.returncode}): {done.stderr.decode(errors='replace').strip()[-300:]}"
        )
    return done.stdout.decode("ascii")


def collect(parameters):
    """All texts by path, packed."""
    documents = observe(parameters["only"])
    texts = {f"{name}.json": shapes.canonical(value) for name, value in documents.items()}
    signed = index(parameters, texts)
    texts |= {"index.json": signed, "index.json.sig": sign(signed)}
    return base64.b64encode(zlib.compress(json.dumps(texts).encode(), 6)).decode()


def main():
    module = AnsibleModule(
        argument_spec={
            "server": {"type": "str", "required": True},
            "audit": {"type": "str", "required": True},
            "nonce": {"type": "str", "required": True},
            "only": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    parameters = module.params
    if not re.fullmatch(r"[0-9a-f]{32}", parameters["audit"]) or not re.fullmatch(
        r"[0-9a-f]{64}", parameters["nonce"]
    ):
        module.fail_json(
            msg="audit and nonce are 32 and 64 hexadecimal digits",
            nuage_key="audit-collect.observation-failed",
        )
    try:
        packed = collect(parameters)
    except (ProgramError, OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        # The kind alone where the words may hold what was read.
        told = str(error) if isinstance(error, (ProgramError, OSError)) else type(error).__name__
        module.fail_json(msg=told, nuage_key="audit-collect.observation-failed")
    module.exit_json(changed=False, observation=packed)


if __name__ == "__main__":
    main()
