# SPDX-License-Identifier: AGPL-3.0-or-later
"""A municipality brought back: fetched and compared with its ledger first, then put in place behind a notice."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import time
from datetime import datetime
from pathlib import Path

import databases
import identity
import ledger
import moment
import notice
import units
from repository import Repository
from settings import MOMENTS, STATE, BackupError, run, write

SAFETY = Path("/srv/safety")
"""What was there before, for a week."""
UPGRADES = Path("/var/lib/nuage/upgrades")
"""A note for each municipality whose upgrade isn't over."""
KEPT_S = 7 * 24 * 3600


class Asked:
    """What to bring back."""

    def __init__(self, of, asked):
        self.at = float(asked.get("at") or 0)
        self.snapshot = asked.get("copy") or ""
        self.only = asked.get("only") or ""
        self.path = (asked.get("path") or "").strip("/")
        self.safe = not asked.get("without_safety")
        if any(part in ("", ".", "..") for part in self.path.split("/")) and self.path:
            raise BackupError("backup.no-path", self.path)
        single = self.only in ("wordpress", "nextcloud")
        self.below = self.path or (self.only if single else "")
        self.databases = () if self.path or self.only == "files" else (self.only,) if single else of.services
        self.services = (self.only,) if single else of.services


def choose(found, asked, name):
    """The copy that is meant: that one, or the newest of then."""
    own = [one for one in found if one["hostname"] == name]
    if asked.snapshot:
        own = [one for one in own if one["id"].startswith(asked.snapshot)]
    elif asked.at:
        own = [one for one in own if datetime.fromisoformat(one["time"]).timestamp() <= asked.at]
    if not own:
        raise BackupError("backup.no-copy", name)
    return own[-1]


def fetched(of):
    """Where a copy comes to first."""
    return MOMENTS / f"{of.name}.restore"


def discard(of):
    """Nothing of an earlier restore stays."""
    folder = fetched(of)
    if (folder / "files").is_dir():
        moment.remove_subvolume(folder / "files")
    shutil.rmtree(folder, ignore_errors=True)


def fetch(of, repository, copy, asked):
    """Files and dumps, compared with the ledger. Returns it."""
    folder = fetched(of)
    MOMENTS.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700)
    run(["btrfs", "subvolume", "create", folder / "files"], "backup.restore-failed")
    book = json.loads(repository.dump(copy["id"], "/ledger.json"))
    include = ["--include", f"/{asked.below}"] if asked.below else []
    repository.restore(copy["id"], "/files", folder / "files", *include)
    if asked.below and not os.path.lexists(folder / "files" / asked.below):
        raise BackupError("backup.no-path", asked.below)
    if asked.databases:
        repository.restore(copy["id"], "/databases", folder / "databases")
    wanted = {name: one for name, one in book["files"].items() if within(name, asked.below)}
    found = ledger.without_marks(ledger.files(folder / "files"))
    found = {name: one for name, one in found.items() if within(name, asked.below)}
    differences = ledger.differences(wanted, found)
    if differences:
        raise BackupError("backup.copy-differs", "; ".join(differences))
    return book


def within(name, below):
    return not below or name == below or name.startswith(f"{below}/")


def put_aside(of, asked):
    """The present state, where it may be had back from. What an interrupted restore put aside stays as it is."""
    mark = STATE / f"{of.name}.restoring"
    place = SAFETY / of.name
    if mark.exists():
        return
    if (place / "files").is_dir():
        moment.remove_subvolume(place / "files")
    shutil.rmtree(place, ignore_errors=True)
    SAFETY.mkdir(mode=0o700, exist_ok=True)
    (place / "databases").mkdir(mode=0o700, parents=True)
    try:
        moment.snapshot(of.home, place / "files")
        for service in asked.databases:
            dump = databases.KINDS[service](of.user)
            try:
                dump.begin(place / "databases")
                dump.finish()
            finally:
                dump.close()
    except BackupError as error:
        if asked.safe:
            raise BackupError("backup.safety-failed", str(error)) from error
    write(mark, f"{time.time()}\n")


def replaced(of):
    """Where the former files are for the moment of a swap."""
    return of.home.with_name(f".{of.user}.gone")


def mend(of):
    """A swap that the power cut in two: somebody's files are in their place again, the former ones where none are."""
    gone = replaced(of)
    if gone.is_dir() and of.home.is_dir():
        moment.remove_subvolume(gone)
    elif gone.is_dir():
        gone.rename(of.home)


def swap(of, below):
    """The files that came, in the place of those that are there. Nothing of the municipality runs."""
    came = fetched(of) / "files"
    if not below:
        limit = moment.limit_of(of.home)
        if limit:
            run(["btrfs", "qgroup", "limit", limit, came], "backup.restore-failed")
        # Owner, mode and access of the place itself, which the copy holds for what lies in it alone.
        state = of.home.stat()
        os.chown(came, state.st_uid, state.st_gid)
        shutil.copystat(of.home, came)
        gone = replaced(of)
        of.home.rename(gone)
        came.rename(of.home)
        moment.remove_subvolume(gone)
        return
    target = of.home / below
    parent = of.home
    for part in Path(below).parts[:-1]:
        parent /= part
        if parent.is_symlink() or not parent.is_dir():
            raise BackupError("backup.no-path", f"{parent} isn't a folder any more")
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    elif os.path.lexists(target):
        target.unlink()
    run(["cp", "--archive", "--reflink=auto", came / below, target], "backup.restore-failed")


def one_path(of, asked):
    """One file or folder, nobody else's work touched: the municipality stands still for it."""
    place = SAFETY / of.name
    if (place / "files").is_dir():
        moment.remove_subvolume(place / "files")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700, parents=True)
    moment.snapshot(of.home, place / "files")
    with moment.still(of.code, pwd.getpwnam(of.user).pw_uid):
        swap(of, asked.path)
    return {}


def everything(of, asked, book):
    """Files and databases of one or all of its services. Rows by service, counted once they are back."""
    uid = pwd.getpwnam(of.user).pw_uid
    closed = [service for service in of.services if service in asked.services]
    notice.show(of.code, closed)
    units.stop(of.code, uid, closed)
    put_aside(of, asked)
    swap(of, asked.below)
    rows = {}
    for service in asked.databases:
        kind = databases.KINDS[service]
        kind.load(of.user, fetched(of) / "databases" / kind.file)
        rows[service] = kind.count(of.user)
        if rows[service] != book["rows"][service]:
            differing = ledger.differences(book["rows"][service], rows[service])
            raise BackupError("backup.restore-failed", "; ".join(differing))
    if "nextcloud" in asked.databases:
        # So that people's programs take nothing that is younger than the copy for deleted.
        units.occ(of.code, "maintenance:data-fingerprint")
    units.start(of.code, closed)
    notice.end(of.code, closed)
    (STATE / f"{of.name}.restoring").unlink(missing_ok=True)
    return rows


def restore(of, wanted):
    """The whole of it; what was brought back."""
    began = time.monotonic()
    if (UPGRADES / f"{of.code}.json").exists():
        # Its end would give back what was there before, over what is brought back now.
        raise BackupError("backup.upgrading", of.name)
    asked = Asked(of, wanted)
    repository = Repository(of)
    copy = choose(repository.snapshots(), asked, of.name)
    done = {"copy": copy["id"], "time": copy["time"], "name": of.name}
    discard(of)
    try:
        if of.name.endswith("-identity"):
            return {**done, "rows": identity.bring_back(of, repository, copy)}
        mend(of)
        book = fetch(of, repository, copy, asked)
        since = time.monotonic()
        rows = one_path(of, asked) if asked.path else everything(of, asked, book)
        done |= {"rows": rows, "files": sum(within(name, asked.below) for name in book["files"])}
        done |= {"closed": round(time.monotonic() - since, 2)}
    finally:
        discard(of)
    return {**done, "seconds": round(time.monotonic() - began, 2)}


def forget_safety():
    """What was put aside more than a week ago."""
    for place in SAFETY.glob("[0-9]*-*"):
        if time.time() - place.stat().st_mtime > KEPT_S and not (STATE / f"{place.name}.restoring").exists():
            if (place / "files").is_dir():
                moment.remove_subvolume(place / "files")
            shutil.rmtree(place, ignore_errors=True)
