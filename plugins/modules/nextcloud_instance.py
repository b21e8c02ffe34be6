#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nextcloud_instance
short_description: Files, database and settings of a municipality's Nextcloud
description:
  - Makes a new one as a copy of the server's golden instance, with its own identity, secrets and paths.
  - Brings settings, apps, groups and the identity provider to what is asked, in one process in the sandbox of the
    instance's scheduled work. Secrets go by standard input.
options:
  user: {description: Unix user; also the name of the database and of its role., type: str, required: true}
  edition: {description: Code and apps that the server must have., type: str, required: true}
  home: {description: Folder of the instance., type: path, required: true}
  database_limit_mib: {description: Limit of the database in MiB., type: int, required: true}
  upgrade:
    description: Whether the instance may go over to another version; what it was before must have been kept then.
    type: bool
    default: false
  read_only: {description: Whether nothing of it is to be changed any more., type: bool, default: false}
  seed: {description: Secret that the instance's own secrets are made from., type: str, required: true}
  admin: {description: Name of the local administrator, who is disabled., type: str, required: true}
  admin_password: {description: Password of the local administrator., type: str, required: true}
  system: {description: Settings of C(config.php); null where there must be none., type: dict, required: true}
  settings: {description: Settings of apps., type: dict, default: {}}
  enabled: {description: Apps that are on., type: list, elements: str, default: []}
  disabled: {description: Apps that are off., type: list, elements: str, default: []}
  groups: {description: Names of groups and what people read., type: dict, default: {}}
  provider: {description: Identity provider without its secret., type: dict}
  provider_secret: {description: Secret of the client at the identity provider., type: str, default: ""}
  relay: {description: Name or address of the mail relay., type: str, default: ""}
  scheduled:
    description: Whether the scheduled work of a new one begins at once; nobody waits for it here.
    type: bool
    default: false
  redis: {description: Whether it keeps locks in a Redis of its own., type: bool, default: false}
extends_documentation_fragment: [nuage_commun.platform.files]
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Reconcile Nextcloud
  nuage_commun.platform.nextcloud_instance:
    user: t46005
    edition: 34.0.1-0123456789ab
    database_limit_mib: 1024
    home: /srv/tenants/t46005/nextcloud
    admin: admin-46005
    system: {trusted_domains: [nuage.abercorn.example]}
"""
RETURN = r"""
changes: {description: What was changed., type: list, returned: always}
created: {description: Whether the instance is new., type: bool, returned: always}
cloned: {description: Whether its database was cloned just now., type: bool, returned: always}
version: {description: Version of Nextcloud., type: str, returned: always}
"""

import json
import os
import pwd
import re
import socket
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import (
    files,
    nextcloud,
    nextcloud_database,
    nextcloud_upgrade,
    postgresql_tenant,
)
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import (
    ProgramError,
    run,
    write_atomic,
)

DATA_MARK = "# Nextcloud data directory\n# Do not change this file"
"""Nextcloud looks for it, and refuses a data folder that lacks it."""


def whole_system(parameters, tree):
    """All settings of config.php, those that come from secrets and from the tree of code too."""
    home, name = parameters["home"], parameters["user"]
    apps = str(nextcloud.EDITIONS / parameters["edition"])
    system = {
        **nextcloud.identity(parameters["seed"]),
        "apps_paths": [
            {"path": f"{tree}/apps", "url": "/apps", "writable": False},
            {"path": apps, "url": "/custom_apps", "writable": False},
        ],
        "datadirectory": f"{home}/data",
        "dbtype": "pgsql",
        "dbname": name,
        "dbhost": nextcloud_database.SOCKETS,
        "dbuser": name,
        "dbpassword": "",
        "dbtableprefix": "oc_",
        "installed": True,
        "maintenance": False,
        **parameters["system"],
    }
    if parameters["relay"]:
        system |= relay(parameters["relay"])
    if parameters["redis"]:
        # Nobody else may enter the folder of its socket.
        system["redis"] = {"host": f"/run/nuage-redis-{name[1:]}/redis.sock", "port": 0}
    return system


def relay(name):
    """The relay by its address, because municipalities ask no resolver; its certificate is checked by its name."""
    address = socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)[0][4][0]
    return {"mail_smtphost": address, "mail_smtpstreamoptions": {"ssl": {"peer_name": name}}}


FOLDERS = (("config", 0o700), ("data", 0o750), ("log", 0o750))


def folders(home, owner):
    """Root owns the one above, so that nothing that root does below can be led astray by a link."""
    home.mkdir(mode=0o755, exist_ok=True)
    for name, mode in FOLDERS:
        if not (home / name).exists():
            (home / name).mkdir(mode=mode)
        # One that an interrupted run left may still be root's.
        os.chown(home / name, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


def create(parameters, system, version):
    """Files of a new one. config.php is written last: without it, the next run begins again."""
    home, name = Path(parameters["home"]), parameters["user"]
    owner = pwd.getpwnam(name)
    folders(home, owner)
    text = nextcloud.configuration({**system, "version": version})
    write_atomic(home / "data" / ".ncdata", DATA_MARK.encode(), 0o640, owner.pw_uid, owner.pw_gid)
    write_atomic(home / "config" / "config.php", text.encode(), 0o640, owner.pw_uid, owner.pw_gid)


def compiled(name):
    """What the server has compiled of Nextcloud, as the municipality's own files: PHP trusts no cache of another's."""
    cache = f"--directory=/srv/tenants/{name}/cache"
    run(["tar", "--extract", f"--file={nextcloud.COMPILED}", cache, "--skip-old-files"], user=name)


def reconcile(parameters, system, tree, check, new=False):
    request = {
        "check": check,
        "system": system,
        "apps": parameters["settings"],
        "groups": parameters["groups"],
    }
    request |= {"enabled": parameters["enabled"], "disabled": parameters["disabled"]}
    request["new"] = new
    request["admin"] = {"user": parameters["admin"], "password": parameters["admin_password"]}
    if parameters["provider"]:
        request["provider"] = {**parameters["provider"], "secret": parameters["provider_secret"]}
    said = nextcloud.in_instance(
        parameters["user"][1:],
        parameters["home"],
        tree,
        [str(nextcloud.PROGRAMS / "instance.php")],
        stdin=json.dumps(request),
        unit=unit_of(parameters),
    )
    return nextcloud.answer(said)


def unit_of(parameters):
    """A name by which the return from an upgrade finds what an interrupted run left at work."""
    return f"nuage-nextcloud-upgrade-{parameters['user'][1:]}.service" if parameters["upgrade"] else ""


def upgrade(parameters, tree):
    """And what its own checks would then find."""
    for command in ("upgrade", *nextcloud.BY_HAND):
        program = [f"{tree}/occ", command, "--no-interaction", "--no-ansi"]
        nextcloud.in_instance(
            parameters["user"][1:],
            parameters["home"],
            tree,
            program,
            longest=nextcloud.UPGRADE_S,
            unit=unit_of(parameters),
        )


def demand_same_version(configuration, tree):
    """Another version of Nextcloud comes by `nuage upgrade`, which can be undone, and by nothing else."""
    found = re.search(r"'version' => '([0-9]+\.[0-9]+\.[0-9]+)", configuration.read_text(encoding="utf-8"))
    wanted = nextcloud_upgrade.tree_version(tree)
    if found and found.group(1) != wanted:
        raise OtherVersionError(f"{found.group(1)}, not {wanted}")


class OtherVersionError(ProgramError):
    """The instance is another version's than the code that is asked for."""


def code_of(parameters, golden, new):
    """The tree of the edition; a new instance is the golden one's copy, so it has the same."""
    tree = nextcloud_upgrade.tree_of(parameters["edition"])
    if new and tree != golden["tree"]:
        raise ProgramError(
            f"this server has {golden['edition']}, not {parameters['edition']}: apply its own layer first"
        )
    return tree


def ensure(parameters, check_mode):
    name = parameters["user"]
    if not re.fullmatch(r"t[0-9]{5}", name):
        raise ProgramError(f"{name} is not the user of a municipality")
    configuration = Path(parameters["home"]) / "config" / "config.php"
    new = not configuration.exists()
    if check_mode and new:
        # The server's own layer may be yet to come.
        return {"changes": ["instance"], "created": True, "cloned": True, "version": ""}
    golden = nextcloud.golden()
    tree = code_of(parameters, golden, new)
    if not (parameters["upgrade"] or new):
        demand_same_version(configuration, tree)
    system = whole_system(parameters, tree)
    wanted = postgresql_tenant.Wanted(golden["database"], parameters["database_limit_mib"])
    changes, cloned = postgresql_tenant.ensure(name, wanted, check_mode=check_mode)
    if new:
        create(parameters, system, golden["version"])
        compiled(name)
        changes.append("instance")
    check = check_mode or (parameters["read_only"] and not new)
    seen, version = nextcloud.brought(
        lambda: reconcile(parameters, system, tree, check, new),
        None if check else lambda: upgrade(parameters, tree),
    )
    if new and parameters["scheduled"]:
        # Meanwhile the control machine goes on; the checks wait for it.
        run(["systemctl", "start", "--no-block", f"nuage-nextcloud-cron@{name[1:]}.service"])
    if parameters["read_only"] and not new:
        seen = []
    return {"changes": changes + seen, "created": new, "cloned": cloned, "version": version}


def resume(parameters, check_mode):
    """What an upgrade that was interrupted, or that failed, left; while its door is still closed."""
    if parameters["upgrade"]:
        return []
    if not re.fullmatch(r"t[0-9]{5}", parameters["user"]):
        raise ProgramError(f"{parameters['user']} is not the user of a municipality")
    if check_mode:
        found = nextcloud_upgrade.note(parameters["user"][1:])
        return ["unfinished upgrade"] if found else []
    values = (parameters[each] for each in ("user", "home", "database_limit_mib", "edition"))
    return nextcloud_upgrade.resume(*values)


def main():
    secret = {"type": "str", "no_log": True}
    names = {"type": "list", "elements": "str", "default": []}
    module = AnsibleModule(
        argument_spec={
            "user": {"type": "str", "required": True},
            "edition": {"type": "str", "required": True},
            "home": {"type": "path", "required": True},
            "database_limit_mib": {"type": "int", "required": True},
            "read_only": {"type": "bool", "default": False},
            "upgrade": {"type": "bool", "default": False},
            "seed": {**secret, "required": True},
            "admin": {"type": "str", "required": True},
            "admin_password": {**secret, "required": True},
            "system": {"type": "dict", "required": True},
            "settings": {"type": "dict", "default": {}},
            "enabled": names,
            "disabled": names,
            "groups": {"type": "dict", "default": {}},
            "provider": {"type": "dict"},
            "provider_secret": {**secret, "default": ""},
            "relay": {"type": "str", "default": ""},
            "redis": {"type": "bool", "default": False},
            "scheduled": {"type": "bool", "default": False},
            "files": files.FILES,
        },
        # A file's secret content has several lines, which Ansible's log of the arguments doesn't recognise.
        no_log=True,
        supports_check_mode=True,
    )
    try:
        resumed = resume(module.params, module.check_mode)
        diffs = files.ensure(module.params["files"], [], module.check_mode)
        result = ensure(module.params, module.check_mode)
    except OtherVersionError as error:
        module.fail_json(msg=str(error), nuage_key="apply.nextcloud-other-version")
    except (ProgramError, OSError, KeyError, ValueError) as error:
        module.fail_json(msg=str(error), nuage_key="apply.nextcloud-failed")
    if result["changes"]:
        diffs.append({"prepared": "\n".join(result["changes"])})
    written = [difference["before_header"] for difference in diffs if "before_header" in difference]
    result["changes"] = resumed + written + result["changes"]
    module.exit_json(changed=bool(result["changes"]), diff=diffs, **result)


if __name__ == "__main__":
    main()
