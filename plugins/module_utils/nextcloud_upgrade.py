# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an upgrade of a municipality's Nextcloud can be undone with, and the undoing (ADR 16).

A note says how far one is, on disk before anything goes on: ``begun``, nothing of the municipality's is changed yet;
``kept``, its files and database are, and may be changed; ``passed``, it went through all gates and people may have come
back, so that nothing is undone any more; ``over``, only what was kept is to be cleared away.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import syslog
import time
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils import (
    btrfs,
    nextcloud,
    nextcloud_database,
    postgresql,
    postgresql_tenant,
    tree_back,
)
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import (
    ProgramError,
    run,
    write_atomic,
)

NOTES = Path("/var/lib/nuage/upgrades")
KEPT = Path("/srv/upgrades")
"""Read-only snapshots, one for each municipality that is being upgraded."""
RECORDS = Path("/var/lib/nuage/converged")
BREAKGLASS = Path("/var/lib/nuage/breakglass")
RESTORES = Path("/var/lib/nuage/backup")
RESTORED = ("config", "data")
"""Of the instance's folders. Its log stays: it says why."""
CRON_PATIENCE_S = 180
SPARE = 1 << 30
"""Bytes that must stay free beside a second copy of the database."""

OF_ITS_OWN = 64 << 20
"""Bytes that the municipality must have left of what it may use."""

COPY = """
SET statement_timeout = 0;
SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = :'name';
CREATE DATABASE :"before" TEMPLATE :"name" TABLESPACE pg_default STRATEGY WAL_LOG;
REVOKE ALL ON DATABASE :"before" FROM PUBLIC;
ALTER DATABASE :"before" ALLOW_CONNECTIONS false IS_TEMPLATE true;
"""


def note(code):
    """How far an upgrade is, or None where there is none."""
    try:
        return json.loads((NOTES / f"{code}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def write_note(code, **words):
    """On disk when this returns: a power cut after it finds it."""
    NOTES.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(NOTES / f"{code}.json", (json.dumps(words, sort_keys=True) + "\n").encode(), 0o600)
    flush(NOTES)


def flush(folder):
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def before(user):
    """Name of the copy of the database."""
    return f"{user}_before"


def refuse(user):
    """Stop before anything is closed where an upgrade couldn't be undone."""
    if (BREAKGLASS / f"{user[1:]}-nextcloud.json").exists():
        # An account that goes meanwhile would come back with the return.
        raise ProgramError("a break-glass account is open; end it first")
    if (RESTORES / f"{user[1:]}-apps.restoring").exists():
        raise ProgramError("a restore was interrupted; run nuage restore again first")
    size = int(postgresql.sql("SELECT pg_database_size(:'name');", name=user)[0])
    free = shutil.disk_usage(KEPT.parent).free
    if free < size + SPARE:
        raise ProgramError(f"{free >> 20} MiB are free on /srv, and {(size + SPARE) >> 20} are needed")
    place = Path("/srv/tenants") / user
    limit = btrfs.limit_of(place)
    if limit is not None and limit - btrfs.usage_of(place) < OF_ITS_OWN:
        # Its files couldn't even be given back then.
        raise ProgramError(f"the municipality's own space is full: {limit >> 20} MiB")


def forget_digest(code):
    """Whatever becomes of this run, the next one looks at the municipality."""
    path = RECORDS / f"{code}-apps.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    write_atomic(path, (json.dumps({**record, "digest": ""}, sort_keys=True) + "\n").encode(), 0o644)


def rest(code):
    """End the municipality's Nextcloud: PHP once it answered what it was asked, scheduled work where it takes long."""
    run(["systemctl", "stop", f"nuage-nextcloud-cron@{code}.timer", f"nuage-nextcloud@{code}.socket"])
    stop(f"nuage-nextcloud-upgrade-{code}.service")
    run(["systemctl", "stop", f"nuage-nextcloud-php@{code}.service"], timeout=400)
    cron = f"nuage-nextcloud-cron@{code}.service"
    deadline = time.monotonic() + CRON_PATIENCE_S
    while active(cron) and time.monotonic() < deadline:
        time.sleep(0.3)
    run(["systemctl", "stop", cron])


def active(unit):
    said = run(["systemctl", "show", "--property=ActiveState", "--value", unit])
    return said.strip() in ("active", "activating", "deactivating")


def stop(unit):
    """A unit that may not exist."""
    if active(unit):
        run(["systemctl", "stop", unit])


def keep(user):
    """A snapshot of the files and a copy of the database, whole and on disk when this returns."""
    clear_away(user)
    KEPT.mkdir(mode=0o711, exist_ok=True)
    run(["btrfs", "subvolume", "snapshot", "-r", f"/srv/tenants/{user}", str(KEPT / user)])
    run(["btrfs", "filesystem", "sync", str(KEPT)])
    for attempt in range(5):
        try:
            postgresql.sql(COPY, name=user, before=before(user))
            return
        except ProgramError as error:
            # The guard of full databases looks into them from time to time.
            if "being accessed by other users" not in str(error) or attempt == 4:
                raise
            time.sleep(2)


def clear_away(user):
    """Neither snapshot nor copy."""
    postgresql_tenant.drop_golden(before(user))
    if btrfs.is_subvolume(KEPT / user):
        run(["btrfs", "subvolume", "delete", str(KEPT / user)])


def give_back(user, home, limit_mib):
    """The municipality's Nextcloud as it was when it was kept. Interrupted, the next call begins it again."""
    code, began = user[1:], time.monotonic()
    found = note(code)
    if found["phase"] == "kept":
        rest(code)
        for name in RESTORED:
            tree_back.as_user(user, tree_back.restore, KEPT / user / "nextcloud" / name, Path(home) / name)
        run(["btrfs", "filesystem", "sync", str(KEPT)])
        place = Path("/srv/postgresql/tenants") / user
        postgresql_tenant.unmake(user, place, finished=True)
        wanted = postgresql_tenant.Wanted(before(user), limit_mib)
        postgresql_tenant.ensure(user, wanted, prepare=nextcloud_database.settle_sequences)
        say(f"Nextcloud of {code} returned to {found['from']} in {time.monotonic() - began:.1f} s")
    write_note(code, **{**found, "phase": "over"})
    finish(user)


def say(text):
    """To the server's journal."""
    syslog.openlog("nuage-upgrade", 0, syslog.LOG_DAEMON)
    syslog.syslog(syslog.LOG_NOTICE, text)


def finish(user):
    """What was kept goes, and the note last."""
    clear_away(user)
    found = note(user[1:])
    if found and found["phase"] == "passed":
        tree_back.as_user(user, forget_compiled, user, found["from"], found["to"])
    (NOTES / f"{user[1:]}.json").unlink(missing_ok=True)


def forget_compiled(user, former, current):
    """What PHP compiled of the former code would stay, and count as the municipality's."""
    names = {Path(tree_of(edition)).name for edition in (former, current)}
    for folder in Path(f"/srv/tenants/{user}/cache").glob("*/usr/share/nuage/trees/*"):
        if folder.name in names and folder.name != Path(tree_of(current)).name:
            shutil.rmtree(folder)


def resume(user, home, limit_mib, edition):
    """What a former run left, before anything else is done. Returns what was done, in words.

    Raises:
        ProgramError: the municipality went over to another edition than the one that is asked for now.
    """
    found = note(user[1:])
    if found is None:
        return []
    if found["phase"] in ("begun", "kept"):
        give_back(user, home, limit_mib)
        return [f"returned to {found['from']}"]
    if found["phase"] == "passed" and edition != found["to"]:
        raise ProgramError(
            f"this municipality was upgraded to {found['to']}; run nuage upgrade again to note it"
        )
    finish(user)
    return ["former state cleared away"]


def tree_version(tree):
    """Version of a tree of code."""
    text = (Path(tree) / "version.php").read_text(encoding="utf-8")
    return re.search(r"\$OC_VersionString\s*=\s*'([0-9.]+)", text).group(1)


def tree_of(edition):
    """The code of an edition.

    Raises:
        ProgramError: this server doesn't have it.
    """
    link = nextcloud.EDITIONS / f"{edition}.tree"
    if not link.is_symlink():
        raise ProgramError(f"this server has no {edition}: apply its own layer first")
    return str(link.readlink())
