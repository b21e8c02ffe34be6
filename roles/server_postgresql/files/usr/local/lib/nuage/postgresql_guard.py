#!/usr/bin/python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeps municipalities' PostgreSQL databases away from the hard limit of their quota group.

At that limit Btrfs refuses PostgreSQL's writes in place too: the checkpoints of the whole server fail, its log grows
without end, and after a crash it may not start (PostgreSQL 17, Debian 13). So the hard limit holds HEADROOM more than
what the municipality may use, and two fences stand before it:

- "full", at what it may use: its role may read, change and delete, and adds nothing; its tables belong to another role
  until enough was deleted, so that it can't give itself back what was taken. See postgresql_access.sql.
- "cut", half-way to the hard limit: its role can't sign in. The hard limit is raised once, so that checkpoints go on.

Transactions that last too long or hold too many locks are ended. Sizes are those of the files: quota groups count only
what a commit, each 30 s, has written.
"""

from __future__ import annotations

import json
import logging
import os
import pwd
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

MIB = 1024 * 1024
HEADROOM = 1024 * MIB
"""Same as HEADROOM_MIB of postgresql_tenant.py: more than a disk takes in between two looks."""
LOW_WATER, NEAR = 0.95, 0.9
RATE = 512 * MIB
"""Bytes that one municipality may write in a second; whoever is far from its limit is looked at less often."""
LONGEST_WAIT, LONGEST_TRANSACTION, MOST_LOCKS = 20.0, 1800, 4000
TICK, RARELY = 1.0, 10
LOG = logging.getLogger("postgresql-guard")
NAME = re.compile(r"t[0-9]{5}")
PSQL = [
    "/usr/lib/postgresql/17/bin/psql",
    "--no-psqlrc",
    "-qtAX",
    "--set=ON_ERROR_STOP=1",
    "--username=postgres",
]
OPTIONS = (
    "-c search_path=pg_catalog -c client_min_messages=warning -c lock_timeout=5s -c statement_timeout=30s"
)
ACCESS = Path(__file__).with_name("postgresql_access.sql")
LIMITS = Path("/etc/nuage/postgresql/tenants")
SHOWN = Path("/run/nuage/databases")

ACTIVITY = """
SELECT datname, numbackends, xact_commit + xact_rollback FROM pg_stat_database WHERE datname ~ '^t[0-9]{5}$';
"""
OVERDUE = f"""
SELECT usename FROM (SELECT usename, pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE usename ~ '^t[0-9]{{5}}$' AND (xact_start < now() - interval '{LONGEST_TRANSACTION} seconds'
    OR pid IN (SELECT pid FROM pg_locks GROUP BY pid HAVING count(*) > {MOST_LOCKS}))) ended;
"""  # noqa: S608
FREE = """
BEGIN; CREATE EXTENSION pg_freespacemap SCHEMA pg_catalog;
SELECT coalesce(sum(avail), 0) FROM pg_class c, pg_freespace(c.oid::regclass)
 WHERE relkind IN ('r', 't', 'm', 'i') AND avail >= 2048;
ROLLBACK;
"""
"""Room inside the files that deleted rows left; the extension is gone again at the end."""
LOCK_OUT = """
SELECT format('ALTER ROLE %I NOLOGIN', rolname) FROM pg_roles WHERE rolname = :'name' AND rolcanlogin \\gexec
SELECT count(pg_terminate_backend(pid, 3000)) FROM pg_stat_activity
 WHERE usename = :'name' AND backend_type = 'client backend';
"""


class UnavailableError(Exception):
    """PostgreSQL or Btrfs gave no answer."""


def ask(arguments: list[str], stdin: str = "") -> str:
    """Standard output of a program.

    Raises:
        UnavailableError: it failed or took over 40 s.
    """
    environment = {"PATH": "/usr/sbin:/usr/bin", "PGOPTIONS": OPTIONS, "PGHOST": "/run/postgresql"}
    try:
        done = subprocess.run(
            arguments, input=stdin, capture_output=True, text=True, timeout=40, check=True, env=environment
        )
    except subprocess.CalledProcessError as error:
        raise UnavailableError(f"{arguments[0]}: {error.stderr.strip()[-300:]}") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise UnavailableError(f"{arguments[0]}: {error}") from error
    return done.stdout


def sql(statements: str, database: str = "postgres", **variables: str) -> list[str]:
    """Rows of some statements, as PostgreSQL's administrator over the Unix socket."""
    named = [f"--set={name}={value}" for name, value in variables.items()]
    return ask([*PSQL, f"--dbname={database}", *named], statements).splitlines()


def size(home: Path) -> int:
    """Bytes of the files of a database and of its temporary files, those not yet written to disk included."""
    total = 0
    for folder in home.glob("PG_*/*"):
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total


class Wish(NamedTuple):
    """What a municipality may use, from the file that its deployment writes."""

    allowed: int
    read_only: bool


def wishes(folder: Path) -> dict[str, Wish]:
    """All municipalities' limits, by role."""
    found = {}
    for path in folder.glob("t*.json"):
        if NAME.fullmatch(path.stem):
            said = json.loads(path.read_text(encoding="utf-8"))
            found[path.stem] = Wish(int(said["limit_mib"]) * MIB, bool(said["read_only"]))
    return found


def next_state(was: str, used: int, unused: int, allowed: int) -> str:
    """What a database must lose: "" nothing, "full" adding, "cut" signing in.

    Once stopped, it has to shrink some before it grows again. What is free inside the files counts for "full", since
    PostgreSQL fills that first; not for "cut", which is about the files.
    """
    if used > allowed + HEADROOM * (0.4 if was == "cut" else 0.5):
        return "cut"
    inside = used - unused
    return "full" if inside > allowed * (LOW_WATER if was else 1) else ""


class Guard:
    """What was taken from whom is kept in files, one per database, so that a restart forgets nothing."""

    def __init__(self, data: Path, notes: Path) -> None:
        self.data, self.notes = data, notes
        self.wishes: dict[str, Wish] = {}
        self.counters: dict[str, str] = {}
        self.due: dict[str, float] = {}
        self.free: dict[str, tuple[int, float]] = {}

    def note(self, name: str) -> tuple[str, bool]:
        """What was taken from a database, and whether that came to its end."""
        path = self.notes / name
        words = path.read_text(encoding="ascii").split() if path.exists() else []
        return (words[0] if words else "", "begun" not in words)

    def limit(self, name: str, state: str) -> None:
        """Hard limit of a database's quota group."""
        hard = self.wishes[name].allowed + HEADROOM * (2 if state == "cut" else 1)
        ask(["btrfs", "qgroup", "limit", str(hard), str(self.data / name)])

    def move(self, name: str, was: str, state: str) -> None:
        """Take or give back. The note comes before what is taken and goes after what is given back."""
        note = self.notes / name
        if state:
            note.write_text(f"{state} begun", encoding="ascii")
        sql(LOCK_OUT, name=name)
        if "cut" in (was, state):
            self.limit(name, state)
        if state != "cut":
            self.access(name, "delete" if state else "all")
            sql('ALTER ROLE :"name" LOGIN;', name=name)
        if state:
            note.write_text(state, encoding="ascii")
        else:
            note.unlink(missing_ok=True)
        LOG.warning("%s: database %s", name, {"": "has room again", "full": "full", "cut": "cut off"}[state])

    def access(self, name: str, level: str) -> None:
        """Owners and privileges in a database; one that may only be read stays so."""
        level = "read" if self.wishes[name].read_only else level
        statements = sql(ACCESS.read_text(encoding="utf-8"), name, name=name, level=level)
        if statements:
            sql("BEGIN;\n" + "\n".join(statements) + "\nCOMMIT;", name)

    def show(self, name: str, state: str, used: int) -> None:
        """What the municipality's own programs may read of it."""
        allowed = self.wishes[name].allowed
        word = state or ("near" if used > allowed * NEAR else "ok")
        text = json.dumps({"state": word, "used_mib": used // MIB, "limit_mib": allowed // MIB}) + "\n"
        path, temporary = SHOWN / f"{name}.json", SHOWN / f"{name}.new"
        if path.exists() and path.read_text() == text:
            return
        temporary.write_text(text, encoding="utf-8")
        os.chown(temporary, 0, pwd.getpwnam(name).pw_gid)
        temporary.chmod(0o640)
        temporary.replace(path)

    def unused(self, name: str, over: int, was: str) -> int:
        """Room inside the files of a database that holds ``over`` bytes more than it may.

        The answer takes seconds on a busy server: who passes the limit fast is stopped first and asked then.
        """
        known, asked = self.free.get(name, (0, 0.0))
        if over > HEADROOM * 0.1 and not was and not asked:
            return known
        if not asked or time.monotonic() - asked > RARELY:
            known = int(float(sql(FREE, name)[0]))
            self.free[name] = (known, time.monotonic())
        return known

    def compare(self, name: str) -> float:
        """Compare a database with what it may use; seconds until it must be looked at again."""
        allowed, (was, is_done) = self.wishes[name].allowed, self.note(name)
        used = size(self.data / name)
        unused = self.unused(name, used - allowed, was) if used > allowed else 0
        state = next_state(was, used, unused, allowed)
        if state != was or not is_done:
            self.move(name, was, state)
        self.show(name, state, used - unused)
        if was or state:
            return RARELY if used < allowed + HEADROOM * 0.25 else TICK
        return min(max((allowed - used) / RATE, TICK), LONGEST_WAIT)

    def active(self) -> set[str]:
        """Databases that somebody is in, or was in since the last look: no other grows."""
        seen = {row.split("|")[0]: row for row in sql(ACTIVITY)}
        found = {
            name for name, row in seen.items() if row.split("|")[1] != "0" or self.counters.get(name) != row
        }
        self.counters = seen
        return found

    def look(self, names: set[str]) -> None:
        """Compare those databases whose time has come, trouble with one notwithstanding."""
        for name in sorted(names & self.wishes.keys()):
            if self.due.get(name, 0) > time.monotonic():
                continue
            try:
                self.due[name] = time.monotonic() + self.compare(name)
            except (UnavailableError, OSError, KeyError, ValueError, IndexError) as error:
                LOG.warning("%s: %s", name, error)

    def run(self) -> None:
        """Look again and again; trouble with one look is told, and the next one tries again."""
        looks = 0
        while True:
            try:
                if looks % RARELY == 0:
                    self.wishes = wishes(LIMITS)
                    for name in sql(OVERDUE):
                        LOG.warning("%s: ended a session that lasted too long or held too many locks", name)
                stopped = {path.name for path in self.notes.iterdir()}
                everybody = looks % (6 * RARELY) == 0
                self.look(self.active() | stopped | (set(self.wishes) if everybody else set()))
                looks += 1
            except (UnavailableError, OSError, KeyError, ValueError) as error:
                LOG.warning("%s", error)
            time.sleep(TICK)


def make_room(data: Path, notes: Path) -> None:
    """Before PostgreSQL starts: lift limits that its recovery would meet, and make folders that it would miss.

    A subvolume reaches the disk later than PostgreSQL's log of what was done in it, so a power cut may take it.
    """
    owner = pwd.getpwnam("postgres")
    for name, wish in wishes(LIMITS).items():
        home = data / name
        if not home.exists():
            ask(["btrfs", "subvolume", "create", str(home)])
            ask(["chattr", "+C", str(home)])
            home.chmod(0o700)
            os.chown(home, owner.pw_uid, owner.pw_gid)
            LOG.warning("%s: made its folder anew", name)
        if size(home) > wish.allowed + HEADROOM * 0.75:
            notes.mkdir(parents=True, exist_ok=True)
            (notes / name).write_text("cut begun", encoding="ascii")
            ask(["btrfs", "qgroup", "limit", str(wish.allowed + 2 * HEADROOM), str(home)])
            LOG.warning("%s: cut off, with a higher hard limit, or PostgreSQL could not start", name)


def main(arguments: list[str]) -> int:
    """`postgresql_guard.py FOLDER NOTES run|make-room`."""
    logging.basicConfig(format="%(message)s")
    data, notes = Path(arguments[1]), Path(arguments[2])
    if arguments[3] == "make-room":
        make_room(data, notes)
    else:
        SHOWN.mkdir(mode=0o755, parents=True, exist_ok=True)
        Guard(data, notes).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
