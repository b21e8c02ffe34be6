# SPDX-License-Identifier: AGPL-3.0-or-later
"""A municipality's realm, with its people and their passwords' verifiers, as Keycloak itself exports it."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import shutil
import tempfile
import time
from pathlib import Path

from settings import MOMENTS, BackupError, run, write

SERVICE = Path("/etc/systemd/system/nuage-identity.service")
LONGEST_S = 600
KEPT = ("Environment=", "User=", "Group=")


def tree():
    """Where the Keycloak that runs is."""
    for line in SERVICE.read_text().splitlines():
        if line.startswith("ExecStart="):
            return line.removeprefix("ExecStart=").partition("/bin/kc.sh")[0]
    raise BackupError("backup.identity-failed", "no Keycloak here")


def export(code, target):
    """A second Keycloak, bounded, that reads one realm and ends."""
    owner = pwd.getpwnam("keycloak")
    folder = Path(tempfile.mkdtemp(dir="/run", prefix="nuage-export-"))
    try:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        command = ["systemd-run", "--quiet", "--wait", "--collect", "--pipe", "--service-type=exec"]
        command += [f"--property={line}" for line in (
            "User=keycloak", "Group=keycloak", "UMask=0077", "MemoryMax=1200M", "TasksMax=512", "Nice=10",
            "IOSchedulingClass=idle", "NoNewPrivileges=yes", "PrivateTmp=yes", "ProtectSystem=strict",
            "ProtectHome=yes", f"ReadWritePaths={folder}", "StateDirectory=nuage-keycloak",
            "LoadCredential=pgpass:/etc/nuage/keycloak/pgpass", f"RuntimeMaxSec={LONGEST_S}",
            "Environment=PGPASSFILE=%d/pgpass", "Environment=KC_CONFIG_FILE=/etc/nuage/keycloak/keycloak.conf",
            '"Environment=JAVA_OPTS_KC_HEAP=-Xms64m -Xmx512m"'.strip('"'),
        )]  # fmt: skip
        command += ["--", f"{tree()}/bin/kc.sh", "export", "--optimized", "--realm", code]
        command += ["--users", "same_file", "--file", str(folder / "realm.json")]
        run(command, "backup.identity-failed", timeout=LONGEST_S + 60)
        shutil.copyfile(folder / "realm.json", target)
        target.chmod(0o600)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ledger_of(path, name, at):
    """What is in an export, to compare with."""
    text = path.read_bytes()
    realm = json.loads(text)
    counts = {
        part: len(realm.get(part) or [])
        for part in ("users", "clients", "groups", "components", "identityProviders")
    }
    return {
        "at": at,
        "name": name,
        "files": {path.name: {"sha256": hashlib.sha256(text).hexdigest(), "size": len(text)}},
        "rows": {"identity": counts},
    }


def take(of):
    """Have the export and its ledger in the moment's folder."""
    MOMENTS.mkdir(mode=0o700, exist_ok=True)
    folder = of.moment / "identity"
    folder.mkdir(mode=0o700, parents=True)
    at = time.time()
    export(of.code, folder / "realm.json")
    found = ledger_of(folder / "realm.json", of.name, at)
    write(of.moment / "ledger.json", json.dumps(found, sort_keys=True, indent=0) + "\n")
