# SPDX-License-Identifier: AGPL-3.0-or-later
"""A municipality's realm, with its people and their passwords' verifiers, as Keycloak itself exports it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pwd
import shutil
import socket
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from settings import MOMENTS, BackupError, run, write

SERVICE = Path("/etc/systemd/system/nuage-identity.service")
PASSWORD = Path("/etc/nuage/keycloak/pgpass")
LONGEST_S = 600
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
    f"RuntimeMaxSec={LONGEST_S}",
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


def keycloak(folder, *words):
    """A second Keycloak, bounded, that does one thing and ends."""
    command = ["systemd-run", "--quiet", "--wait", "--collect", "--pipe", "--service-type=exec"]
    command += [f"--property={bound}" for bound in (*BOUNDS, f"ReadWritePaths={folder}")]
    command += [f"--setenv=PGPASSFILE={folder}/pgpass", "--setenv=JAVA_OPTS_KC_HEAP=-Xms64m -Xmx512m"]
    command += ["--setenv=KC_CONFIG_FILE=/etc/nuage/keycloak/keycloak.conf"]
    with socket.socket() as free:
        # Even to export, it opens its door of administration on loopback, where the one that serves has its own.
        free.bind(("127.0.0.1", 0))
        command += [f"--setenv=KC_HTTP_MANAGEMENT_PORT={free.getsockname()[1]}"]
    run([*command, "--", f"{tree()}/bin/kc.sh", *words], "backup.identity-failed", timeout=LONGEST_S + 60)


def export(code, target):
    """The realm as Keycloak itself tells it, into a file that root alone reads."""
    # One at a time on a server: each takes as much memory as Keycloak itself.
    with open("/run/nuage/backup/export.lock", "w", encoding="ascii") as lock, lent() as folder:
        fcntl.flock(lock, fcntl.LOCK_EX)
        users = ["--users", "same_file", "--file", str(folder / "realm.json")]
        keycloak(folder, "export", "--optimized", "--realm", code, *users)
        shutil.copyfile(folder / "realm.json", target)
        target.chmod(0o600)


TOKEN = "http://127.0.0.1:8080/realms/master/protocol/openid-connect/token"
REALMS = "http://127.0.0.1:8080/admin/realms"
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}


def ask(verb, address, body=None, headers=None):
    """Keycloak's answer, over loopback; None where nothing is there."""
    request = urllib.request.Request(
        address, data=body, method=verb, headers={**FORWARDED, **(headers or {})}
    )
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise BackupError("backup.restore-failed", f"{verb}: {error.code} {error.read()[:300]!r}") from error
    except OSError as error:
        raise BackupError("backup.restore-failed", str(error)) from error


def bearer():
    """The deployments' own account, as the other programs of this server use it."""
    secret = Path("/etc/nuage/keycloak/admin-secret").read_text().strip()
    form = {"grant_type": "client_credentials", "client_id": "nuage", "client_secret": secret}
    granted = json.loads(ask("POST", TOKEN, urllib.parse.urlencode(form).encode()))
    return {"Authorization": f"Bearer {granted['access_token']}", "Content-Type": "application/json"}


def put(code, text):
    """A realm as an export tells it, in the place of what is there. Keycloak itself runs on."""
    ask("DELETE", f"{REALMS}/{code}", headers=bearer())
    ask("POST", REALMS, text, bearer())


def bring_back(of, repository, copy):
    """The realm of then. What is there now is exported first, and put back where the other isn't taken."""
    wanted = repository.dump(copy["id"], "/identity/realm.json").encode()
    book = json.loads(repository.dump(copy["id"], "/ledger.json"))
    if hashlib.sha256(wanted).hexdigest() != book["files"]["realm.json"]["sha256"]:
        raise BackupError("backup.copy-differs", "realm.json")
    aside = Path("/srv/safety") / of.name
    aside.mkdir(mode=0o700, parents=True, exist_ok=True)
    there = ask("GET", f"{REALMS}/{of.code}", headers=bearer()) is not None
    if there:
        export(of.code, aside / "realm.json")
    try:
        put(of.code, wanted)
    except BackupError:
        if there:
            put(of.code, (aside / "realm.json").read_bytes())
        raise
    return book["rows"]


def counts(realm):
    """How much there is of each part of an export."""
    parts = ("users", "clients", "groups", "components", "identityProviders")
    return {part: len(realm.get(part) or []) for part in parts}


def digests(texts):
    """By name, as a ledger has them."""
    return {
        name: {"sha256": hashlib.sha256(text).hexdigest(), "size": len(text)} for name, text in texts.items()
    }


def ledger_of(path, name, at):
    """What is in an export, to compare with."""
    text = path.read_bytes()
    rows = {"identity": counts(json.loads(text))}
    return {"at": at, "name": name, "files": digests({path.name: text}), "rows": rows}


def take(of):
    """Have the export and its ledger in the moment's folder."""
    MOMENTS.mkdir(mode=0o700, exist_ok=True)
    folder = of.moment / "identity"
    folder.mkdir(mode=0o700, parents=True)
    at = time.time()
    export(of.code, folder / "realm.json")
    found = ledger_of(folder / "realm.json", of.name, at)
    write(of.moment / "ledger.json", json.dumps(found, sort_keys=True, indent=0) + "\n")
