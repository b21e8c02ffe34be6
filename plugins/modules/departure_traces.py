#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: departure_traces
short_description: Whatever a server still has of a municipality that left
description:
  - Looks by itself, and not where what destroys looks - for the municipality's code or user in names of files, of
    subvolumes, of accounts, of units, of databases, of roles and of realms, in the firewall that is in force and in
    configuration files; and for its sites' names in those.
  - Changes nothing. What the journal keeps of requests goes by its own age and isn't looked at.
options:
  code: {description: Geographic code., type: str, required: true}
  domains: {description: Names of its sites., type: list, elements: str, default: []}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Look for traces
  nuage_commun.platform.departure_traces:
    code: "46005"
    domains: [www.abercorn.example]
"""
RETURN = r"""
traces: {description: What was looked at, and what is there., type: dict, returned: success}
"""

import os
import re
import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak import Admin, KeycloakError
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

NAMES = (
    "/etc",
    "/srv",
    "/run/nuage",
    "/run/systemd/system",
    "/var/lib/nuage",
    "/var/cache",
    "/var/lib/systemd",
)
TEXTS = (
    "/etc/group",
    "/etc/hosts",
    "/etc/mysql",
    "/etc/nftables.d",
    "/etc/nginx",
    "/etc/nuage",
    "/etc/passwd",
    "/etc/php",
    "/etc/postgresql",
    "/etc/redis",
    "/etc/shadow",
    "/etc/ssh",
    "/etc/systemd",
    "/etc/wordpress",
)
OTHERS = re.compile(r"/srv/(tenants|mysql|postgresql/tenants|backups)/[^/]+")
"""Below these lies what is of one municipality: a file of another's may bear any name."""
LARGEST = 4 << 20


class Look:
    """One look at this server."""

    def __init__(self, code, domains):
        self.code = code
        # Its user's number is 3 and the code.
        words = [rf"(?<![0-9])3?{code}(?![0-9])"]
        # Neither another name that ends so, nor one that begins so.
        words += [rf"(?<![a-z0-9.-]){re.escape(name)}(?![a-z0-9-]|\.[a-z]+(?![a-z0-9-]))" for name in domains]
        self.mark = re.compile("|".join(words))
        self.text = re.compile("|".join(words).encode())
        self.looked = []

    def names(self):
        """Names of files and folders."""
        for root in NAMES:
            if not os.path.isdir(root):
                continue
            self.looked.append(f"names below {root}")
            for folder, folders, files in os.walk(root):
                for name in [*folders, *files]:
                    if self.mark.search(name):
                        yield f"{folder}/{name}"
                folders[:] = [name for name in folders if not OTHERS.fullmatch(f"{folder}/{name}")]

    def texts(self):
        """Configuration that speaks of it."""
        for root in TEXTS:
            path = Path(root)
            self.looked.append(f"texts of {root}")
            for each in [path] if path.is_file() else sorted(path.rglob("*")):
                try:
                    ordinary = each.is_file() and not each.is_symlink() and each.stat().st_size <= LARGEST
                    if ordinary and self.text.search(each.read_bytes()):
                        yield f"text of {each}"
                except OSError:
                    continue

    def _lines(self, what, command, after=""):
        if shutil.which(command[0], path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
            return
        self.looked.append(what)
        for line in run(command, timeout=120).splitlines():
            if self.mark.search(line.partition(after)[2] if after else line):
                yield f"{what}: {line.strip()[:200]}"

    def programs(self):
        """What the server's own programs list."""
        yield from self._lines("accounts", ["getent", "passwd"])
        yield from self._lines("groups", ["getent", "group"])
        yield from self._lines("processes", ["ps", "-eo", "user:32=,args="])
        units = ["systemctl", "list-units", "--all", "--plain", "--no-legend", "--full"]
        yield from self._lines("units", units)
        yield from self._lines("firewall", ["nft", "--stateless", "list", "ruleset"])
        yield from self._lines("subvolumes", ["btrfs", "subvolume", "list", "/srv"], after=" path ")
        asked = "SELECT schema_name FROM information_schema.schemata UNION SELECT user FROM mysql.global_priv"
        yield from self._lines("MariaDB", ["mariadb", "--batch", "--skip-column-names", "--execute", asked])
        asked = "SELECT datname FROM pg_database UNION SELECT rolname FROM pg_roles"
        words = ["--username=postgres", "--host=/run/postgresql", "--dbname=postgres", "--tuples-only"]
        yield from self._lines("PostgreSQL", ["psql", "--no-psqlrc", *words, "--command", asked])

    def realm(self):
        """Keycloak's."""
        if not Path("/etc/nuage/keycloak/admin-secret").exists():
            return
        self.looked.append("realms")
        try:
            if Admin().get(f"/{self.code}"):
                yield f"realm {self.code}"
        except KeycloakError as error:
            if error.status != 404:
                raise


def main():
    module = AnsibleModule(
        argument_spec={
            "code": {"type": "str", "required": True},
            "domains": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    code = module.params["code"]
    if not re.fullmatch(r"[0-9]{5}", code):
        module.fail_json(msg=f"not a code: {code}")
    look = Look(code, module.params["domains"])
    try:
        found = [*look.names(), *look.texts(), *look.programs(), *look.realm()]
    except (KeycloakError, ProgramError, OSError) as error:
        module.fail_json(msg=str(error), nuage_key="leave.not-looked", nuage_context={"code": code})
    module.exit_json(changed=False, traces={"looked": sorted(set(look.looked)), "found": sorted(set(found))})


if __name__ == "__main__":
    main()
