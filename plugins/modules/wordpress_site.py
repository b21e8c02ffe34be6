#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wordpress_site
short_description: Database and content of a municipality's website
description:
  - Creates the database as a limited Btrfs subvolume of MariaDB's data folder, and its user, who signs in by Unix
    socket and has no password.
  - Runs the site's own reconciler as the municipality's user; the first administrator's password goes to it by
    standard input and is never changed afterwards.
options:
  user: {description: Unix user; also the name of the database and of its user., type: str, required: true}
  database_path: {description: MariaDB's data folder., type: path, default: /srv/mysql}
  database_limit_mib: {description: Limit of the database in MiB., type: int, required: true}
  read_only: {description: Whether the site may only be read., type: bool, default: false}
  reconciler: {description: PHP program of the site., type: path, required: true}
  site: {description: What the reconciler reads on standard input., type: dict, required: true}
  admin_password: {description: First password of the administrator., type: str, required: true}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Reconcile the site
  nuage_commun.platform.wordpress_site:
    user: t46005
    database_limit_mib: 1024
    reconciler: /usr/share/nuage/wordpress/install/site.php
    site: {domain: abercorn.example, title: Abercorn}
"""
RETURN = r"""
changes: {description: What was changed., type: list, returned: always}
created: {description: Whether the site is new., type: bool, returned: always}
version: {description: Version of WordPress., type: str, returned: always}
"""

import json
import os
import pwd
import re
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import btrfs
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

MIB = 1024 * 1024
HEADROOM_MIB = 1024
"""Between what a municipality may use and the hard limit, which MariaDB doesn't survive: see database_guard.py."""
GUARD = Path("/var/lib/nuage/database-guard")
WRITE = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER,"
    " CREATE TEMPORARY TABLES, LOCK TABLES"
)


def sql(statements):
    """Rows printed by MariaDB, as root over the Unix socket."""
    return run(["mariadb", "--batch", "--skip-column-names"], stdin=statements).splitlines()


def database(name, path, limit, read_only, check_mode):
    """The database, its limit and its user. ``name`` is checked by the caller: it goes into SQL."""
    home = Path(path) / name
    changes = btrfs.ensure(home, limit + HEADROOM_MIB * MIB, check_mode)
    if changes and not check_mode:
        owner = pwd.getpwnam("mysql")
        os.chown(home, owner.pw_uid, owner.pw_gid)
        home.chmod(0o700)
        # InnoDB overwrites pages in place; copy on write would fragment them and bill each one twice.
        run(["chattr", "+C", str(home)])
    privileges = "SELECT" if read_only else WRITE
    wanted = f"GRANT {privileges} ON `{name}`.* TO `{name}`@`localhost`"
    found = sql(
        f"SELECT 'schema' FROM information_schema.schemata WHERE schema_name='{name}'"
        " AND default_character_set_name='utf8mb4';"
        f"SELECT 'user' FROM mysql.global_priv WHERE user='{name}' AND host='localhost';"
    )
    if "schema" not in found:
        changes.append(f"database {name}")
    if "user" not in found:
        changes.append(f"database user {name}")
    elif not (GUARD / name).exists() and wanted not in sql(f"SHOW GRANTS FOR `{name}`@`localhost`;"):
        changes.append(f"privileges of {name}")
    if changes and not check_mode:
        sql(
            f"CREATE DATABASE IF NOT EXISTS `{name}`;"
            f"ALTER DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;"
            f"CREATE USER IF NOT EXISTS `{name}`@`localhost` IDENTIFIED VIA unix_socket;"
            f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM `{name}`@`localhost`;"
            f"{wanted};"
        )
    return changes


def ensure(parameters, check_mode):
    name = parameters["user"]
    if not re.fullmatch(r"t[0-9]{5}", name):
        raise ProgramError(f"{name} is not the user of a municipality")
    limit = parameters["database_limit_mib"] * MIB
    new = not btrfs.is_subvolume(Path(parameters["database_path"]) / name)
    # A site that may only be read is brought up to date before its privileges go.
    read_only = parameters["read_only"] and not new
    changes = database(name, parameters["database_path"], limit, read_only, check_mode)
    if check_mode and new:
        return {"changes": [*changes, "site"], "created": True, "version": ""}
    administrator = {**parameters["site"]["admin"], "password": parameters["admin_password"]}
    request = {**parameters["site"], "admin": administrator, "check": check_mode or parameters["read_only"]}
    output = run(
        ["php", "-d", "display_errors=stderr", parameters["reconciler"]],
        stdin=json.dumps(request),
        user=name,
        environment={"TMPDIR": f"/srv/tenants/{name}/tmp", "WORDPRESS_CONFIG": name[1:]},
    )
    done = json.loads(output)
    seen = [] if parameters["read_only"] else done["changed"]
    return {"changes": changes + seen, "created": done["created"], "version": done["version"]}


def main():
    module = AnsibleModule(
        argument_spec={
            "user": {"type": "str", "required": True},
            "database_path": {"type": "path", "default": "/srv/mysql"},
            "database_limit_mib": {"type": "int", "required": True},
            "read_only": {"type": "bool", "default": False},
            "reconciler": {"type": "path", "required": True},
            "site": {"type": "dict", "required": True},
            "admin_password": {"type": "str", "required": True, "no_log": True},
        },
        supports_check_mode=True,
    )
    try:
        result = ensure(module.params, module.check_mode)
    except (ProgramError, OSError, KeyError, ValueError) as error:
        module.fail_json(msg=str(error), nuage_key="apply.site-failed")
    module.exit_json(changed=bool(result["changes"]), **result)


if __name__ == "__main__":
    main()
