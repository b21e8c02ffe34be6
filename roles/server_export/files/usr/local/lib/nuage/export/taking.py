# SPDX-License-Identifier: AGPL-3.0-or-later
"""One moment of a municipality, and all of it under the names that the municipality gets it by."""

from __future__ import annotations

import json
import os
import pwd
import time
from contextlib import ExitStack
from pathlib import Path

import accounts
import clouds
import databases
import held
import logs
import moment
import websites
from settings import MOMENTS, BackupError, read, write

HOMES = Path("/srv/tenants")
RECORDS = Path("/var/lib/nuage/converged")


class Catalogue:
    """Names of the export, and where on this server each file is."""

    def __init__(self):
        self.items = {}

    def file(self, name, source, mark):
        """``mark`` changes with the file's content, so that what was fetched of an earlier moment needn't be again."""
        state = os.lstat(source)
        wanted = name
        number = 1
        while wanted in self.items:
            number += 1
            stem, dot, suffix = name.rpartition(".")
            wanted = f"{stem} ({number}).{suffix}" if dot and "/" not in suffix else f"{name} ({number})"
        self.items[wanted] = {
            "name": wanted,
            "source": os.fsencode(str(source)).decode("utf-8", "surrogateescape"),
            "size": state.st_size,
            "mtime": int(state.st_mtime),
            "mark": mark,
        }

    def tree(self, name, source, run_id, left_out=()):
        """Every ordinary file below ``source``, under ``name``; links are left, and said."""
        for folder, folders, names in os.walk(source):
            folders[:] = sorted(each for each in folders if os.path.join(folder, each) not in left_out)
            for each in sorted(names):
                path = os.path.join(folder, each)
                state = os.lstat(path)
                if not os.path.isfile(path) or os.path.islink(path):
                    continue
                below = os.path.relpath(path, source)
                safe = os.fsencode(below).decode("utf-8", "replace").replace("\\", "_")
                mark = f"{state.st_ino}.{state.st_size}.{state.st_mtime_ns}.{state.st_ctime_ns}"
                self.file(f"{name}/{safe}", path, mark if not run_id else f"{run_id}.{mark}")

    def write(self, path):
        text = "".join(json.dumps(item, ensure_ascii=True) + "\n" for _, item in sorted(self.items.items()))
        write(path, text)


def demand_state(name, wanted):
    """What is final is taken where nothing changes any more.

    Raises:
        BackupError: the server's own record says that the municipality isn't so here.
    """
    if wanted and read(RECORDS / f"{name}.json").get("state") != wanted:
        raise BackupError("export.not-read-only", name)


def begin(name, asked):
    """Hold the moment; how much there is. One that is held already under the same run stays as it is."""
    demand_state(name, asked.get("state"))
    MOMENTS.mkdir(mode=0o700, exist_ok=True)
    place = held.folder(name)
    if held.run_of(name) != asked["run"]:
        held.forget_old()
        held.let_go(name)
        try:
            (place / "made").mkdir(mode=0o700, parents=True)
            took = (_apps if name.endswith("-apps") else _identity)(name, place, asked)
            write(place / "run.json", json.dumps({**took, "run": asked["run"]}) + "\n")
            held.expire(name)
        except BaseException:
            held.let_go(name)
            raise
    return json.loads((place / "run.json").read_text())


def _said(catalogue, at, paused):
    return {
        "at": int(at),
        "paused": round(paused, 3),
        "files": len(catalogue.items),
        "bytes": sum(item["size"] for item in catalogue.items.values()),
    }


def _apps(name, place, asked):
    code, services = name[:5], asked["services"]
    user, made = f"t{code}", place / "made"
    (made / "databases").mkdir()
    found = Catalogue()
    with ExitStack() as stack:
        dumps = {service: databases.KINDS[service](user) for service in services}
        for each in dumps.values():
            stack.callback(each.close)
        with moment.still(code, pwd.getpwnam(user).pw_uid) as span:
            at = time.time()
            for each in dumps.values():
                each.begin(made / "databases")
            moment.snapshot(HOMES / user, place / "files")
        for each in dumps.values():
            each.finish()
        if "nextcloud" in services:
            # The same transaction as the dump's: shares, events and files are of one instant.
            clouds.export(dumps["nextcloud"].session, place, found, asked)
    if "wordpress" in services:
        websites.export(code, place, found, asked)
    logs.export(code, made / "logs", services, asked["domains"])
    found.tree("databases", made / "databases", asked["run"])
    found.tree("logs", made / "logs", asked["run"])
    found.write(place / "catalogue.jsonl")
    return _said(found, at, span.paused)


def _identity(name, place, asked):
    found, at = Catalogue(), time.time()
    accounts.export(name[:5], place / "made" / "people", asked)
    found.tree("people", place / "made" / "people", asked["run"])
    found.write(place / "catalogue.jsonl")
    return _said(found, at, 0.0)
