#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nextcloud_gates
short_description: Whether a municipality's Nextcloud does what people ask of it
description:
  - Asks for its status, has its sign-in page lead to the municipality's realm, and carries a file there and back with
    an account that is made for it and goes again.
  - The server asks itself, so that a door that is closed to people does not matter.
options:
  user: {description: Unix user of the municipality., type: str, required: true}
  home: {description: Folder of the instance., type: path, required: true}
  address: {description: Address to ask., type: str, required: true}
  domain: {description: Name of the site., type: str, required: true}
  issuer: {description: Address of the realm; empty where nobody can sign in., type: str, default: ""}
  edition: {description: Edition that it must run., type: str, required: true}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Try it
  nuage_commun.platform.nextcloud_gates:
    user: t46005
    home: /srv/tenants/t46005/nextcloud
    address: 192.0.2.10
    domain: nuage.abercorn.example
    edition: 34.0.1-0123456789ab
"""
RETURN = r"""
gates: {description: Names of what was tried., type: list, returned: success}
"""

import base64
import http.client
import json
import secrets

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import (
    asking,
    nextcloud,
    nextcloud_upgrade,
)
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError

NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept": "text/html"}
SIZE = 64 * 1024


class Site:
    """One municipality's, as the server itself asks it."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.code = parameters["user"][1:]

    def ask(self, method, path, body=None, headers=None):
        return asking.ask(
            self.parameters["address"], self.parameters["domain"], method, path, body=body, headers=headers
        )

    def program(self, request):
        place = self.parameters["home"], nextcloud.tree_in_use(self.code)
        program = [str(nextcloud.PROGRAMS / "visitor.php")]
        return nextcloud.in_instance(self.code, *place, program, stdin=json.dumps(request))


def expect(holds, what):
    if not holds:
        raise ProgramError(what)


def status(site):
    number, _, body = site.ask("GET", "/status.php")
    expect(number == 200, f"/status.php: {number}")
    said = json.loads(body)
    wanted = nextcloud_upgrade.tree_version(nextcloud_upgrade.tree_of(site.parameters["edition"]))
    expect(
        said.get("installed") is True
        and said.get("maintenance") is False
        and said.get("needsDbUpgrade") is False
        and said.get("versionstring") == wanted,
        f"/status.php: {body.decode(errors='replace')[:300]}",
    )


def sign_in(site):
    """From the sign-in page to the realm's, with whatever stands between."""
    issuer, path, cookies = site.parameters["issuer"], "/login", {}
    for _ in range(4):
        headers = {**NAVIGATION, "Cookie": "; ".join(cookies.values())}
        number, found, _ = site.ask("GET", path, headers=headers)
        if not issuer:
            expect(number == 200, f"/login: {number}")
            return
        expect(number in (302, 303), f"{path.partition('?')[0]}: {number}")
        place = found.get("location", "")
        if place.startswith(f"{issuer}/protocol/openid-connect/auth"):
            return
        path = place.removeprefix(f"https://{site.parameters['domain']}")
        expect(path.startswith("/"), f"the sign-in page leads to {place.partition('?')[0][:200]}")
    raise ProgramError("the sign-in page leads nowhere")


def round_trip(site):
    """A file goes there and comes back the same, with an account of its own."""
    account, token, content = (
        f"essai-{secrets.token_hex(6)}",
        secrets.token_hex(36),
        secrets.token_bytes(SIZE),
    )
    both = base64.b64encode(f"{account}:{token}".encode()).decode()
    headers = {"Authorization": f"Basic {both}"}
    path = f"/remote.php/dav/files/{account}/essai.bin"
    try:
        site.program({"do": "make", "account": account, "token": token})
        number, _, _ = site.ask("PUT", path, content, headers)
        expect(number == 201, f"PUT of a file: {number}")
        number, _, body = site.ask("GET", path, headers=headers)
        expect(number == 200 and body == content, f"GET of a file: {number}, {len(body)} bytes")
        number, _, _ = site.ask("DELETE", path, headers=headers)
        expect(number == 204, f"DELETE of a file: {number}")
    finally:
        site.program({"do": "remove", "account": account})


GATES = {"status": status, "sign-in": sign_in, "file": round_trip}


def main():
    text = {"type": "str", "required": True}
    module = AnsibleModule(
        argument_spec={
            "user": text,
            "home": {"type": "path", "required": True},
            "address": text,
            "domain": text,
            "issuer": {"type": "str", "default": ""},
            "edition": text,
        },
    )
    site = Site(module.params)
    for name, gate in GATES.items():
        try:
            gate(site)
        except (ProgramError, OSError, http.client.HTTPException, KeyError, ValueError) as error:
            module.fail_json(msg=f"{name}: {error}", nuage_key="upgrading.gate-failed", gate=name)
    module.exit_json(changed=False, gates=sorted(GATES))


if __name__ == "__main__":
    main()
