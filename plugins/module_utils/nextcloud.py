# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the modules of Nextcloud share: its configuration file, secrets made from a seed, its programs in a sandbox."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils import sandbox
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

PROGRAMS = Path("/usr/share/nuage/nextcloud/converge")
GOLDEN = Path("/var/lib/nuage/nextcloud/golden.json")
"""What a new municipality is cloned from; written last, so that a half-made one is never taken for whole."""
COMPILED = GOLDEN.with_name("compiled.tar")
"""What PHP compiled while the golden instance was made: of the server's own code alone, which municipalities share."""
EDITIONS = Path("/usr/share/nuage/nextcloud/editions")
"""A folder of links for each set of apps, and beside it a link to the code; settings say which is a municipality's."""
INSTANCES = Path("/etc/nuage/nextcloud")
UNIT = Path("/etc/systemd/system/nuage-nextcloud-cron@.service")
LONGEST_S = 280
"""Below the patience of `run`, so that systemd ends the whole of it."""
UPGRADE_S = 2 * 3600
"""Tables of a large municipality take long to change; ended half-way, they would be neither version's."""
BY_HAND = ("db:add-missing-columns", "db:add-missing-indices", "db:add-missing-primary-keys")
"""What Nextcloud leaves to be done by hand after an upgrade, and some versions after an installation too."""
VERSION = re.compile(r"[0-9]+(\.[0-9]+){2,3}")
CHANGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _:./\\-]{0,199}")


def php(value, depth=0):
    """A value as PHP writes it in config.php."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    margin = "  " * (depth + 1)
    lines = [f"{margin}{php(key)} => {php(each, depth + 1)}," for key, each in pairs]
    return "\n".join(["array (", *lines, "  " * depth + ")"])


def configuration(settings):
    """Text of config.php."""
    kept = {name: value for name, value in settings.items() if value is not None}
    return f"<?php\n$CONFIG = {php(kept)};\n"


def derived(seed, purpose, length):
    """Letters and digits that only the holder of the seed can tell, others for each purpose."""
    text = ""
    counter = 0
    while len(text) < length:
        block = hmac.digest(seed.encode(), f"nextcloud/{purpose}/{counter}".encode(), "sha512")
        text += re.sub(r"[^A-Za-z0-9]", "", base64.b64encode(block).decode())
        counter += 1
    return text[:length]


def identity(seed):
    """What makes an instance itself. The same seed gives the same, so that restored data stay readable."""
    return {
        "instanceid": "nc" + hashlib.sha256(derived(seed, "instanceid", 32).encode()).hexdigest()[:10],
        "passwordsalt": derived(seed, "passwordsalt", 30),
        "secret": derived(seed, "secret", 48),
    }


def golden():
    """What the server keeps for new municipalities."""
    try:
        found = json.loads(GOLDEN.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ProgramError("this server has no prepared Nextcloud: apply its server layer first") from error
    names = ("edition", "digest", "database", "version", "tree", "signed", "checked")
    return {name: found[name] for name in names}


def start(  # noqa: PLR0913
    properties, environment, program, stdin=None, *, confined=False, longest=LONGEST_S, unit=""
):
    """Output of a PHP program, run by systemd with these properties, under Landlock where `confined`.

    ``longest``: seconds after which systemd ends it. ``unit``: its name, for whoever may have to end it sooner.
    """
    command = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--service-type=exec"]
    command += [f"--unit={unit}"] if unit else []
    command += [f"--property=RuntimeMaxSec={longest}", *properties]
    command += [f"--setenv={name}={value}" for name, value in environment.items()]
    launcher = [sandbox.CONFINE] if confined else []
    return run([*command, "--", *launcher, "/usr/bin/php", *program], stdin=stdin, timeout=longest + 20)


def in_instance(code, home, tree, program, stdin=None, *, longest=LONGEST_S, unit=""):  # noqa: PLR0913
    """A PHP program in a municipality's sandbox, for its instance below ``home``."""
    properties = [
        f"--description=Nextcloud of municipality {code}",
        *sandbox.properties(UNIT.read_text(), code),
    ]
    return start(
        properties, environment(home, tree), program, stdin, confined=True, longest=longest, unit=unit
    )


def tree_in_use(code):
    """The code that a municipality's instance runs on."""
    text = (INSTANCES / f"{code}.env").read_text(encoding="utf-8")
    found = re.search(r"^NUAGE_TREE=(/\S+)$", text, re.MULTILINE)
    if found is None:
        raise ProgramError(f"{INSTANCES}/{code}.env names no tree")
    return found.group(1)


def environment(home, tree):
    return {
        "NEXTCLOUD_CONFIG_DIR": f"{home}/config",
        "NUAGE_TREE": str(tree),
        "PHP_INI_SCAN_DIR": ":/etc/nuage/php/nextcloud.d",
        "LC_ALL": "C.UTF-8",
        "TMPDIR": "/tmp",
    }


def answer(text):
    """The reconciler's answer, checked: what it says may be the municipality's own words."""
    done = sandbox.answer(text, VERSION, CHANGE)
    return {"changed": done["changed"], "next": done.get("next"), "version": done["version"]}


def brought(reconcile, upgrade=None):
    """Changes and version, once a process has found nothing that needs another one after it.

    Without ``upgrade``, as in check mode, an upgrade is told and left.
    """
    changes = []
    for _ in range(5):
        done = reconcile()
        changes += done["changed"]
        if done["next"] == "upgrade":
            changes.append("upgrade")
            if upgrade is None:
                return changes, done["version"]
            upgrade()
        elif done["next"] != "again":
            return changes, done["version"]
    raise ProgramError(f"Nextcloud still differs: {', '.join(changes[-5:])}")
