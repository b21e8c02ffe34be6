#!/usr/bin/python
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ansible module; see DOCUMENTATION."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nextcloud_golden
short_description: The Nextcloud that new municipalities are cloned from
description:
  - Installs a Nextcloud that is never served, under an account of its own and without any user, enables the apps of
    the edition and writes the settings that all municipalities share.
  - Asks it what is wrong with the structure of its database, which clones needn't be asked then, and fails on that.
  - Empties what is an instance's own, so that nothing of it can live on in a municipality.
  - Begins again where a former run stopped half-way, or where the edition, the settings or the programs are others.
options:
  edition: {description: Name of the code and the apps together., type: str, required: true}
  tree: {description: Code of Nextcloud., type: path, required: true}
  apps: {description: Folder of the added apps., type: path, required: true}
  enabled: {description: Apps that are on., type: list, elements: str, default: []}
  disabled: {description: Apps that are off., type: list, elements: str, default: []}
  system: {description: Settings of C(config.php) that all share., type: dict, default: {}}
  settings: {description: Settings of apps that all share., type: dict, default: {}}
  signed:
    description: Whether the archives bear their makers' signatures, which are then checked.
    type: bool
    default: true
  path: {description: Folder of the instance., type: path, default: /srv/nextcloud-golden}
author: [nuage-commun]
"""
EXAMPLES = r"""
- name: Have a Nextcloud to clone
  nuage_commun.platform.nextcloud_golden:
    edition: 34.0.1-0123456789ab
    tree: /usr/share/nuage/trees/nextcloud-34.0.1-0123456789ab
    apps: /usr/share/nuage/nextcloud/editions/34.0.1-0123456789ab
"""
RETURN = r"""
changes: {description: What was changed., type: list, returned: always}
version: {description: Version of Nextcloud., type: str, returned: always}
"""

import hashlib
import json
import os
import pwd
import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.nuage_commun.platform.plugins.module_utils import (
    nextcloud,
    nextcloud_database,
    nextcloud_findings,
    postgresql_tenant,
)
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import (
    ProgramError,
    run,
    write_atomic,
)

USER = "nuage-golden"
OWN_PROGRAMS = (Path("/usr/share/nuage/nextcloud/converge"), Path("/usr/share/nuage/nextcloud/apps"))
SANDBOX = (
    f"User={USER}",
    f"Group={USER}",
    "TemporaryFileSystem=/srv:ro",
    "NoExecPaths=/srv /tmp /var/tmp",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "ProtectProc=invisible",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "PrivateNetwork=yes",
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "RestrictAddressFamilies=AF_UNIX AF_NETLINK",
    "RestrictNamespaces=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "SystemCallFilter=@system-service",
    "UMask=0027",
)


def digest(parameters):
    """Of all that the golden instance is made from."""
    seen = hashlib.sha256()
    names = ("edition", "tree", "apps", "enabled", "disabled", "system", "settings", "signed")
    seen.update(json.dumps({name: parameters[name] for name in names}, sort_keys=True).encode())
    for folder in OWN_PROGRAMS:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            seen.update(f"{path}\0".encode() + path.read_bytes() + b"\0")
    return seen.hexdigest()[:12]


def is_whole(wanted):
    """Whether what the record tells of is there, and made from the same."""
    try:
        found = nextcloud.golden()
    except (ProgramError, ValueError, KeyError):
        return False
    whole = found["digest"] == wanted and nextcloud.COMPILED.exists()
    return whole and postgresql_tenant.has_golden(found["database"])


def make_account():
    try:
        pwd.getpwnam(USER)
    except KeyError:
        nowhere = ["--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
        run(["useradd", "--system", "--user-group", *nowhere, USER])


def make_folders(path):
    """Empty ones: what a former run left is no help."""
    if path.exists():
        shutil.rmtree(path)
    path.mkdir(mode=0o750, parents=True)
    owner = pwd.getpwnam(USER)
    os.chown(path, 0, owner.pw_gid)
    for name in ("config", "data", "cache"):
        (path / name).mkdir(mode=0o750)
        os.chown(path / name, owner.pw_uid, owner.pw_gid)
    # Without it, Nextcloud refuses to write its first configuration.
    (path / "config" / "CAN_INSTALL").touch()


def first_configuration(parameters, path):
    owner = pwd.getpwnam(USER)
    text = nextcloud.configuration(parameters["system"])
    write_atomic(path / "config" / "config.php", text.encode(), 0o640, owner.pw_uid, owner.pw_gid)


def install(parameters, path, database):
    properties = [f"--property={each}" for each in (*SANDBOX, f"BindPaths={path}")]
    environment = {**nextcloud.environment(path, parameters["tree"]), "NUAGE_CACHE": f"{path}/cache"}

    def occ(*words):
        program = [f"{parameters['tree']}/occ", *words, "--no-interaction", "--no-ansi"]
        nextcloud.start(properties, environment, program)

    # No user at all: there is no password that could be known.
    place = [
        "--database=pgsql",
        f"--database-host={nextcloud_database.SOCKETS}",
        f"--database-name={database}",
    ]
    place += [
        f"--database-user={nextcloud_database.GOLDEN_ROLE}",
        "--database-pass=",
        f"--data-dir={path}/data",
    ]
    occ("maintenance:install", "--disable-admin-user", *place)
    request = {"check": False, "enabled": parameters["enabled"], "disabled": parameters["disabled"]}
    request |= {"system": parameters["system"], "apps": parameters["settings"]}
    program = [str(nextcloud.PROGRAMS / "instance.php")]

    def reconcile():
        return nextcloud.answer(nextcloud.start(properties, environment, program, stdin=json.dumps(request)))

    _changes, version = nextcloud.brought(reconcile)
    for command in nextcloud.BY_HAND:
        occ(command)
    # Cheap where there is nothing yet; municipalities would pay for it.
    occ("maintenance:repair", "--include-expensive")
    # Work that is due once, and what the jobs of disabled apps leave.
    nextcloud.start(properties, environment, [f"{parameters['tree']}/cron.php"])
    if parameters["signed"]:
        # Once for all: municipalities share this code, and none of them can write to it.
        occ("integrity:check-core")
    program = [str(nextcloud.PROGRAMS / "checks.php")]
    request = {"only": nextcloud_findings.OF_A_CLONE}
    return version, sound(nextcloud.start(properties, environment, program, stdin=json.dumps(request)))


def sound(text):
    """Names of the checks that were run; each found nothing wrong."""
    results = json.loads(text)
    findings, _excused = nextcloud_findings.judged(results, {})
    if findings:
        raise ProgramError("; ".join(findings))
    return sorted(results)


def keep_compiled(cache):
    """So that a new municipality doesn't begin by compiling. No configuration: its secrets are the golden one's."""
    folders = sorted(str(each.relative_to(cache)) for each in cache.glob("*/usr/share/nuage"))
    fresh = nextcloud.COMPILED.with_suffix(".new")
    run(["tar", "--create", f"--file={fresh}", f"--directory={cache}", "--", *folders])
    fresh.chmod(0o644)
    fresh.replace(nextcloud.COMPILED)
    shutil.rmtree(cache)


def ensure(parameters, check_mode):
    wanted = digest(parameters)
    database = f"golden_{wanted}"
    if is_whole(wanted):
        return {"changes": [], "version": nextcloud.golden()["version"]}
    if check_mode:
        return {"changes": [f"golden instance {parameters['edition']}"], "version": ""}
    # The record goes first: an interrupted run begins anew.
    nextcloud.GOLDEN.unlink(missing_ok=True)
    path = Path(parameters["path"])
    make_account()
    make_folders(path)
    first_configuration(parameters, path)
    postgresql_tenant.begin_golden(database)
    version, checked = install(parameters, path, database)
    nextcloud_database.seal(database)
    record = {name: parameters[name] for name in ("edition", "tree", "signed")}
    record |= {"digest": wanted, "database": database, "version": version, "checked": checked}
    nextcloud.GOLDEN.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    keep_compiled(path / "cache")
    write_atomic(nextcloud.GOLDEN, json.dumps(record, indent=1).encode(), 0o644)
    return {"changes": [f"golden instance {parameters['edition']}"], "version": version}


def main():
    module = AnsibleModule(
        argument_spec={
            "edition": {"type": "str", "required": True},
            "tree": {"type": "path", "required": True},
            "apps": {"type": "path", "required": True},
            "enabled": {"type": "list", "elements": "str", "default": []},
            "disabled": {"type": "list", "elements": "str", "default": []},
            "system": {"type": "dict", "default": {}},
            "settings": {"type": "dict", "default": {}},
            "signed": {"type": "bool", "default": True},
            "path": {"type": "path", "default": "/srv/nextcloud-golden"},
        },
        supports_check_mode=True,
    )
    try:
        result = ensure(module.params, module.check_mode)
    except (ProgramError, OSError, KeyError, ValueError) as error:
        module.fail_json(msg=str(error), nuage_key="apply.golden-failed")
    told = [{"prepared": "\n".join(result["changes"])}] if result["changes"] else []
    module.exit_json(changed=bool(result["changes"]), diff=told, **result)


if __name__ == "__main__":
    main()
