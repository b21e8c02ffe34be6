# SPDX-License-Identifier: AGPL-3.0-or-later
"""Realms as Keycloak itself exports them: one, or all of the server's with one start of its program."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from settings import ASKED, SETTINGS, BackupError, read, run, write

SERVICE = Path("/etc/systemd/system/nuage-identity.service")
PASSWORD = Path("/etc/nuage/keycloak/pgpass")
KEPT = Path("/var/cache/nuage-backup/realms")
"""What one export of all left for those of the same run that come later; each takes its own away."""
FRESH_S = 600
"""Longest that it serves: a copy is of the moment that its ledger says, and of this long before, at most."""
LONGEST_S = 600
LONGEST_OF_ALL_S = 3600
BOUNDS = (
    "User=keycloak",
    "Group=keycloak",
    "UMask=0077",
    "MemoryMax=1200M",
    "TasksMax=512",
    "Nice=10",
    "IOSchedulingClass=idle",
    "NoNewPrivileges=yes",
    "PrivateTmp=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "StateDirectory=nuage-keycloak",
    "StateDirectoryMode=0700",
)


def tree():
    """Where the Keycloak that runs is."""
    for line in SERVICE.read_text().splitlines():
        if line.startswith("ExecStart="):
            return line.removeprefix("ExecStart=").partition("/bin/kc.sh")[0]
    raise BackupError("backup.identity-failed", "no Keycloak here")


@contextmanager
def lent():
    """A folder of Keycloak's account, with the database's password in it for as long as its program needs that."""
    owner = pwd.getpwnam("keycloak")
    folder = Path(tempfile.mkdtemp(dir="/run", prefix="nuage-realm-"))
    try:
        handle = os.open(folder / "pgpass", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(handle, "wb") as stream:
            stream.write(PASSWORD.read_bytes())
        os.chown(folder / "pgpass", owner.pw_uid, owner.pw_gid)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def keycloak(folder, longest, more, *words):
    """A second Keycloak, bounded, that does one thing and ends."""
    command = ["systemd-run", "--quiet", "--wait", "--collect", "--pipe", "--service-type=exec"]
    bounds = (*BOUNDS, f"RuntimeMaxSec={longest}", f"ReadWritePaths={folder}", *more)
    command += [f"--property={bound}" for bound in bounds]
    command += [f"--setenv=PGPASSFILE={folder}/pgpass", "--setenv=JAVA_OPTS_KC_HEAP=-Xms64m -Xmx512m"]
    # Over before Java's second compiler pays: half the processor time.
    command += ["--setenv=JAVA_OPTS_APPEND=-XX:TieredStopAtLevel=1"]
    command += ["--setenv=KC_CONFIG_FILE=/etc/nuage/keycloak/keycloak.conf"]
    with socket.socket() as free:
        # Even to export, it opens its door of administration on loopback, where the one that serves has its own.
        free.bind(("127.0.0.1", 0))
        command += [f"--setenv=KC_HTTP_MANAGEMENT_PORT={free.getsockname()[1]}"]
    run([*command, "--", f"{tree()}/bin/kc.sh", *words], "backup.identity-failed", timeout=longest + 60)


def own(path, target):
    """A copy of a file, root's alone. What isn't a plain file, of Keycloak's account, may lead anywhere."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise BackupError("backup.identity-failed", f"{path} isn't a file")
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as made:
            shutil.copyfileobj(stream, made)


@contextmanager
def alone(patience=0):
    """One export at a time on a server: each takes as much memory as Keycloak itself."""
    ASKED.mkdir(parents=True, exist_ok=True)
    with open(ASKED / "export.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | patience)
        yield


def export_one(code, target):
    """One realm, into a file that root alone reads; the moment that it began."""
    with lent() as folder:
        at = time.time()
        users = ["--users", "same_file", "--file", str(folder / "realm.json")]
        keycloak(folder, LONGEST_S, (), "export", "--optimized", "--realm", code, *users)
        own(folder / "realm.json", target)
    return at


def export_all(run_id):
    """All realms, and of them those that are backed up here kept for this run; none where it fails, which is told."""
    forget()
    at = time.time()
    owner = pwd.getpwnam("keycloak")
    raw = KEPT / "raw"
    raw.mkdir(mode=0o700, parents=True)
    KEPT.chmod(0o700)
    os.chown(raw, owner.pw_uid, owner.pw_gid)
    try:
        with lent() as folder:
            # On the disk, not in memory. Its account can't pass root's folders: lent under a name that it can reach.
            (folder / "realms").mkdir()
            lending = (f"BindPaths={raw}:{folder}/realms",)
            # In a folder, `same_file` means a file for all users beside the realm's.
            users = ["--users", "realm_file", "--dir", str(folder / "realms")]
            keycloak(folder, LONGEST_OF_ALL_S, lending, "export", "--optimized", *users)
        for code in codes():
            if (raw / f"{code}-realm.json").exists():
                own(raw / f"{code}-realm.json", KEPT / f"{code}.json")
    except (BackupError, OSError) as error:
        # Each is tried alone then: a realm that can't be exported stops nobody else's copy.
        print(f"export of all realms: {error}", file=sys.stderr)
    finally:
        # Among them the one of the deployments' own account.
        shutil.rmtree(raw, ignore_errors=True)
    write(KEPT / "note.json", json.dumps({"run": run_id, "at": at}))


def codes():
    """Whose realms are backed up on this server, sorted."""
    return sorted(path.name[:5] for path in SETTINGS.glob("[0-9][0-9][0-9][0-9][0-9]-identity.json"))


def forget():
    """Nothing stays of an export of all."""
    shutil.rmtree(KEPT, ignore_errors=True)


def forget_old():
    """What nobody took of an export of all, once it serves nobody any more. One that is being made is left alone."""
    with suppress(BlockingIOError), alone(fcntl.LOCK_NB):
        if time.time() - read(KEPT / "note.json").get("at", 0) > FRESH_S:
            forget()


def export_alone(code, target):
    """The realm of now, whatever others have."""
    with alone():
        return export_one(code, target)


def export(code, target, asked):
    """The realm as Keycloak itself tells it, into a file that root alone reads; the moment that the export began.

    Those that are backed up ``together`` in one run share one export: to start Keycloak's program takes longer than all
    realms do once it runs.
    """
    with alone():
        if not asked.get("together"):
            return export_one(code, target)
        if not fresh(asked["run"]):
            export_all(asked["run"])
        try:
            own(KEPT / f"{code}.json", target)
        except FileNotFoundError:
            # One that all the others' export doesn't have: alone it works, or Keycloak says why not.
            return export_one(code, target)
        (KEPT / f"{code}.json").unlink()
        return read(KEPT / "note.json")["at"]


def fresh(run_id):
    """Whether what is kept is of this run, and not old."""
    note = read(KEPT / "note.json")
    return note.get("run") == run_id and 0 <= time.time() - note["at"] <= FRESH_S


def night(run_id):
    """Back all realms of the server up, one after the other. Those that failed, which tell of it themselves."""
    failed = []
    try:
        for code in codes():
            name = f"{code}-identity"
            asked = {"run": run_id, "reason": "nightly", "together": len(codes()) > 1}
            write(ASKED / f"{name}.json", json.dumps(asked))
            if subprocess.run(["systemctl", "start", f"nuage-backup@{name}.service"], check=False).returncode:
                failed.append(name)
    finally:
        with alone():
            forget()
    return failed
