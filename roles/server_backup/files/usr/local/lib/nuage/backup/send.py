# SPDX-License-Identifier: AGPL-3.0-or-later
"""One backup, from the moment to the keeper, and the record of how it went."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import time
from contextlib import ExitStack, suppress

import databases
import identity
import ledger
import moment
from repository import Repository
from settings import ASKED, METRICS, MOMENTS, STATE, BackupError, read, write


def sweep(of):
    """Nothing of an earlier moment stays, and nobody stays paused: after the power was lost, or a kill."""
    if of.name.endswith("-apps"):
        with suppress(KeyError):
            moment.go_on(of.code, pwd.getpwnam(of.user).pw_uid)
    if (of.moment / "files").is_dir():
        moment.remove_subvolume(of.moment / "files")
    shutil.rmtree(of.moment, ignore_errors=True)


def take(of):
    """Have files, dumps and ledger of one moment; for how many seconds the municipality stood still."""
    folder = of.moment / "databases"
    MOMENTS.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, parents=True)
    kept = STATE / f"{of.name}.ledger.json"
    with ExitStack() as stack:
        held = {
            service: databases.KINDS[service](of.user)
            for service in of.services
            if service in databases.KINDS
        }
        for each in held.values():
            stack.callback(each.close)
        with moment.still(of.code, pwd.getpwnam(of.user).pw_uid) as span:
            at = time.time()
            for each in held.values():
                each.begin(folder)
            moment.snapshot(of.home, of.moment / "files")
        rows = {service: each.finish() for service, each in held.items()}
    found = ledger.files(of.moment / "files", read(kept))
    write(kept, json.dumps(found))
    whole = {"at": at, "name": of.name, "files": ledger.without_marks(found), "rows": rows}
    write(of.moment / "ledger.json", json.dumps(whole, sort_keys=True, indent=0) + "\n")
    return span.paused


def send(of, asked):
    """The whole of it; what is recorded."""
    began = time.time()
    repository = Repository(of)
    try:
        repository.ensure()
        if of.name.endswith("-apps"):
            at, paused = began, take(of)
            paths = ["files", "databases", "ledger.json"]
        else:
            paused = 0.0
            at = identity.take(of, asked)
            paths = ["identity", "ledger.json"]
        excluded = [of.moment / "files" / name / "*" for name in ledger.LEFT_OUT]
        tags = [f"run={asked['run']}", f"reason={asked['reason']}"]
        said = repository.backup(of.moment, paths, tags, excluded)
    finally:
        sweep(of)
    return {
        "at": int(at),
        "run": asked["run"],
        "reason": asked["reason"],
        "snapshot": said["snapshot_id"],
        "seconds": round(time.time() - began, 2),
        "paused": round(paused, 3),
        "bytes": said["total_bytes_processed"],
        "added": said.get("data_added_packed", said["data_added"]),
    }


def now():
    """Names what is backed up together."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())


def asked_of(name):
    """Why this one is made: on demand somebody says so in a file, which goes."""
    path = f"{ASKED}/{name}.json"
    try:
        with open(path, encoding="utf-8") as stream:
            found = json.load(stream)
        os.unlink(path)
    except (OSError, ValueError):
        found = {}
    run_id, reason = found.get("run", now()), found.get("reason", "nightly")
    return {"run": run_id, "reason": reason, "together": bool(found.get("together"))}


def record(of, asked):
    """Do it, and note the end, good or bad, for `status`, mail and metrics."""
    path = STATE / f"{of.name}.json"
    before = read(path)
    try:
        done = send(of, asked)
    except (BackupError, OSError) as error:
        key = error.key if isinstance(error, BackupError) else "backup.failed"
        failed = {"at": int(time.time()), "run": asked["run"], "key": key, "detail": str(error)[-1500:]}
        write(path, json.dumps({**before, "failure": failed}, sort_keys=True) + "\n")
        metrics(of, before.get("success", {}), failed=True)
        raise
    write(path, json.dumps({"success": done, "failure": None}, sort_keys=True) + "\n")
    metrics(of, done, failed=False)
    return done


def metrics(of, done, *, failed):
    """For whoever measures with Prometheus."""
    label = f'{{municipality="{of.code}",part="{of.name.partition("-")[2]}"}}'
    values = {
        "nuage_backup_last_success_seconds": done.get("at", 0),
        "nuage_backup_duration_seconds": done.get("seconds", 0),
        "nuage_backup_paused_seconds": done.get("paused", 0),
        "nuage_backup_bytes": done.get("bytes", 0),
        "nuage_backup_added_bytes": done.get("added", 0),
        "nuage_backup_failed": int(failed),
    }
    text = "".join(f"# TYPE {name} gauge\n{name}{label} {value}\n" for name, value in values.items())
    write(METRICS / f"nuage_backup_{of.name}.prom", text, 0o644)
