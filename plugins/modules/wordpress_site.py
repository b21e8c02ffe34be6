#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wordpress_site
short_description: Files, database and content of a municipality's website
description:
  - Creates the database as a limited Btrfs subvolume of MariaDB's data folder, and its user, who signs in by Unix
    socket and has no password.
  - Runs the site's own reconciler as the municipality's user, in the sandbox of the site's scheduled work.
    The first administrator's password goes to it by standard input and is never changed afterwards.
options:
  user: {description: Unix user; also the name of the database and of its user., type: str, required: true}
  database_path: {description: MariaDB's data folder., type: path, default: /srv/mysql}
  database_limit_mib: {description: Limit of the database in MiB., type: int, required: true}
  read_only: {description: Whether the site may only be read., type: bool, default: false}
  reconciler: {description: PHP program of the site., type: path, required: true}
  site: {description: What the reconciler reads on standard input., type: dict, required: true}
  admin_password: {description: First password of the administrator., type: str, required: true}
  links:
    description: Symbolic links, owned by root.
    type: list
    elements: dict
    default: []
    options:
      path: {description: Absolute path of the link., type: path, required: true}
      target: {description: What it points to., type: path, required: true}
extends_documentation_fragment: [nuage_commun.platform.files]
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
import stat
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import btrfs, files, sandbox
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

MIB = 1024 * 1024
HEADROOM_MIB = 1024
"""Between what a municipality may use and the hard limit, which MariaDB doesn't survive: see database_guard.py."""
GUARD = Path("/var/lib/nuage/database-guard")
# No temporary tables: theirs is one file for all, that one municipality could fill. WordPress makes none.
WRITE = "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, LOCK TABLES"

UNIT = Path("/etc/systemd/system/nuage-wordpress-cron@.service")
LONGEST_S = 280
"""Below the patience of `run`, so that systemd ends the whole of it."""
VERSION = re.compile(r"[0-9][0-9A-Za-z.+~-]{0,31}")
CHANGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _:./-]{0,199}")


def sql(statements):
    """Rows printed by MariaDB, as root over the Unix socket."""
    return run(["mariadb", "--batch", "--skip-column-names"], stdin=statements).splitlines()


def give_to_mariadb(home, check_mode):
    """Owner and mode of a database's folder. The owner is set last: an interrupted run begins here again."""
    if not home.exists():
        return []
    # Who may drop tables may drop the database, and with it the limited subvolume: a file that isn't MariaDB's stays
    # in its way.
    anchor = home / "nuage-limited"
    owner, found = pwd.getpwnam("mysql"), home.stat()
    if anchor.exists() and (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (
        owner.pw_uid,
        owner.pw_gid,
        0o700,
    ):
        return []
    if not check_mode:
        anchor.touch(mode=0o644)
        # InnoDB overwrites pages in place; copy on write would fragment them and bill each one twice.
        run(["chattr", "+C", str(home)])
        home.chmod(0o700)
        os.chown(home, owner.pw_uid, owner.pw_gid)
    return [f"owner and mode of {home}"]


def reconcile(program, name, request):
    """Run the reconciler. What it says may be the municipality's own words: only the expected is taken."""
    code = name[1:]
    command = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--service-type=exec"]
    command += [f"--description=Reconciles the website of municipality {code}"]
    command += [f"--property=RuntimeMaxSec={LONGEST_S}", *sandbox.properties(UNIT.read_text(), code)]
    command += ["--setenv=TMPDIR=/tmp", f"--setenv=WORDPRESS_CONFIG={code}", "--setenv=LC_ALL=C.UTF-8"]
    command += ["--", sandbox.CONFINE, "/usr/bin/php", "-d", "display_errors=stderr", program]
    return answer(run(command, stdin=json.dumps(request)))


def answer(text):
    """The reconciler's answer, checked."""
    done = sandbox.answer(text, VERSION, CHANGE)
    return {"changed": done["changed"], "created": done.get("created") is True, "version": done["version"]}


def database(name, path, limit, read_only, check_mode):
    """The database, its limit and its user. ``name`` is checked by the caller: it goes into SQL."""
    home = Path(path) / name
    changes = btrfs.ensure(home, limit + HEADROOM_MIB * MIB, check_mode)
    changes += give_to_mariadb(home, check_mode)
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
    elif read_only or not (GUARD / name).exists():
        # Nothing less, and nothing more that somebody gave by hand.
        identity = f"GRANT USAGE ON *.* TO `{name}`@`localhost` IDENTIFIED VIA unix_socket"
        if set(sql(f"SHOW GRANTS FOR `{name}`@`localhost`;")) != {identity, wanted}:
            changes.append(f"privileges of {name}")
    if changes and not check_mode:
        sql(
            f"CREATE DATABASE IF NOT EXISTS `{name}`;"
            f"ALTER DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;"
            f"CREATE USER IF NOT EXISTS `{name}`@`localhost` IDENTIFIED VIA unix_socket;"
            f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM `{name}`@`localhost`;"
            f"{wanted};"
        )
        if read_only:
            # Else the guard would give back what it took of a full database, once there is room.
            (GUARD / name).unlink(missing_ok=True)
    return changes


def ensure(parameters, check_mode):
    name = parameters["user"]
    if not re.fullmatch(r"t[0-9]{5}", name):
        raise ProgramError(f"{name} is not the user of a municipality")
    limit = parameters["database_limit_mib"] * MIB
    new = not btrfs.is_subvolume(Path(parameters["database_path"]) / name)
    if check_mode and new:
        # MariaDB itself may be yet to come.
        return {"changes": [f"database {name}", "site"], "created": True, "version": ""}
    # A site that may only be read is brought up to date before its privileges go.
    read_only = parameters["read_only"] and not new
    changes = database(name, parameters["database_path"], limit, read_only, check_mode)
    administrator = {**parameters["site"]["admin"], "password": parameters["admin_password"]}
    request = {**parameters["site"], "admin": administrator, "check": check_mode or read_only}
    done = reconcile(parameters["reconciler"], name, request)
    if parameters["read_only"] and new:
        changes += database(name, parameters["database_path"], limit, True, check_mode)
    seen = [] if read_only else done["changed"]
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
            "files": files.FILES,
            "links": files.LINKS,
        },
        # A file's secret content has several lines, which Ansible's log of the arguments doesn't recognise.
        no_log=True,
        supports_check_mode=True,
    )
    try:
        diffs = files.ensure(module.params["files"], module.params["links"], module.check_mode)
        result = ensure(module.params, module.check_mode)
    except (ProgramError, OSError, KeyError, ValueError) as error:
        module.fail_json(msg=str(error), nuage_key="apply.site-failed")
    if result["changes"]:
        diffs.append({"prepared": "\n".join(result["changes"])})
    result["changes"] = [
        difference["before_header"] for difference in diffs if "before_header" in difference
    ] + result["changes"]
    module.exit_json(changed=bool(result["changes"]), diff=diffs, **result)


if __name__ == "__main__":
    main()
