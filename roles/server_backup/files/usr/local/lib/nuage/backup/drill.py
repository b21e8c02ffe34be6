# SPDX-License-Identifier: AGPL-3.0-or-later
"""A copy tried: brought back beside the municipality, compared with its ledger, and thrown away. Nobody notices."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import time

import databases
import identity
import ledger
import moment
from repository import Repository
from restore import Asked, choose
from settings import ENVIRONMENT, METRICS, MOMENTS, NAME, SETTINGS, STATE, BackupError, read, run, write


def scratch(of):
    """Where it comes to."""
    return MOMENTS / f"{of.name}.drill"


def database_of(of, service):
    """A name that no municipality's can be."""
    return f"drill_{of.code}_{service}"


def discard(of):
    """Nothing of a drill stays."""
    for service in of.services:
        name = database_of(of, service)
        if service == "wordpress":
            run(["mariadb"], "backup.failed", stdin=f"DROP DATABASE IF EXISTS `{name}`;")
        elif service == "nextcloud":
            _postgres(f"DROP DATABASE IF EXISTS {name} WITH (FORCE);")
    if (scratch(of) / "files").is_dir():
        moment.remove_subvolume(scratch(of) / "files")
    shutil.rmtree(scratch(of), ignore_errors=True)


def _postgres(statement):
    done = subprocess.run(
        databases.PostgreSql.psql("postgres"),
        input=statement,
        capture_output=True,
        text=True,
        env={**ENVIRONMENT, "PGOPTIONS": databases.OPTIONS},
        cwd="/",
        check=False,
    )
    if done.returncode != 0:
        raise BackupError("backup.database-failed", done.stderr[-1500:])


def _make(of, service):
    name = database_of(of, service)
    if service == "wordpress":
        run(["mariadb"], "backup.failed", stdin=f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4;")
    else:
        _postgres(f"CREATE DATABASE {name} TEMPLATE template0;")
    return name


def applications(of, repository, copy):
    """Files and databases; what differs, and how much there was."""
    folder = scratch(of)
    MOMENTS.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700)
    run(["btrfs", "subvolume", "create", folder / "files"], "backup.restore-failed")
    book = json.loads(repository.dump(copy["id"], "/ledger.json"))
    repository.restore(copy["id"], "/files", folder / "files")
    repository.restore(copy["id"], "/databases", folder / "databases")
    found = ledger.without_marks(ledger.files(folder / "files"))
    wrong = ledger.differences(book["files"], found)
    counts = {"files": len(found), "rows": 0}
    for service in of.services:
        kind = databases.KINDS[service]
        name = _make(of, service)
        kind.load(name, folder / "databases" / kind.file, role="")
        rows = kind.count(name)
        wrong += [f"{service}: {each}" for each in ledger.differences(book["rows"][service], rows)]
        counts["rows"] += sum(rows.values())
    return wrong, counts


def accounts(of, repository, copy):
    """The realm's export: whole, as it was, and Keycloak's own words."""
    text = repository.dump(copy["id"], "/identity/realm.json")
    book = json.loads(repository.dump(copy["id"], "/ledger.json"))
    wrong = ledger.differences(book["files"], identity.digests({"realm.json": text.encode()}))
    realm = json.loads(text)
    counts = identity.counts(realm)
    wrong += ledger.differences(book["rows"]["identity"], counts)
    if realm.get("realm") != of.code:
        wrong.append(f"another realm: {realm.get('realm')}")
    return wrong, {"files": 1, "rows": sum(counts.values())}


def drill(of):
    """The newest copy, tried; the result is kept for the audit, also where nothing could be brought back."""
    began = time.time()
    try:
        done = {"name": of.name, "at": int(began), **tried(of)}
    except BackupError as error:
        failed = {"name": of.name, "at": int(began), "good": False, "key": error.key}
        record(of, {**failed, "differences": [str(error)[-1500:]]})
        raise
    done["seconds"] = round(time.time() - began, 2)
    record(of, done)
    return done


def tried(of):
    """Which copy, how much was in it, and what differs."""
    repository = Repository(of)
    copy = choose(repository.snapshots(), Asked(of, {}), of.name)
    discard(of)
    try:
        bring = applications if of.name.endswith("-apps") else accounts
        wrong, counts = bring(of, repository, copy)
    finally:
        discard(of)
    return {"copy": copy["id"], "time": copy["time"], **counts, "differences": wrong, "good": not wrong}


def record(of, done):
    """For the audit, and for whoever measures."""
    write(STATE / f"{of.name}.drill.json", json.dumps(done, sort_keys=True) + "\n", 0o644)
    label = f'{{municipality="{of.code}",part="{of.name.partition("-")[2]}"}}'
    values = {"nuage_drill_last_seconds": done["at"], "nuage_drill_good": int(done["good"])}
    text = "".join(f"# TYPE {name} gauge\n{name}{label} {value}\n" for name, value in values.items())
    write(METRICS / f"nuage_drill_{of.name}.prom", text, 0o644)


def drawn():
    """By lot, among the half of the copies that were tried longest ago; none where there is no copy."""
    made = [
        path.stem
        for path in SETTINGS.glob("*.json")
        if NAME.fullmatch(path.stem) and read(STATE / path.name).get("success")
    ]
    longest = sorted(made, key=lambda name: (read(STATE / f"{name}.drill.json").get("at") or 0, name))
    return secrets.choice(longest[: (len(longest) + 1) // 2]) if longest else None
