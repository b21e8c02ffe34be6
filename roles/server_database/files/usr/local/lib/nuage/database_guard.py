#!/usr/bin/python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeps municipalities' databases away from the hard limit of their quota group.

InnoDB doesn't survive that limit: its rollback finds no free page, the server aborts, and aborts again at
each start until somebody raises the limit (MariaDB 11.8). So the limit of the quota group holds HEADROOM more
than what the municipality may use, and a database that reaches the latter loses the privileges that make it
grow, and its connections. Reading, deleting and dropping still work. What was taken is given back when enough
was deleted.

Sizes are those of the files, because quota groups count only what a commit, each 30 s, has written.

It also ends the connections of whoever takes more than a share of the room for temporary tables: all have one bound
together, and a session may lift its own (max_tmp_session_space_usage = 0), which MariaDB lets nobody forbid.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import time
from pathlib import Path

MIB = 1024 * 1024
HEADROOM = 1024 * MIB
"""Same as HEADROOM_MIB of the module wordpress_site: more than a disk takes in between two looks."""
LOW_WATER = 0.95
GROWING = frozenset({"INSERT", "UPDATE", "CREATE", "ALTER", "INDEX"})
TICK = 1.0
LIMITS_EVERY = 15
LOG = logging.getLogger("database-guard")
SHARES = 4
"""Of the room for temporary tables, one municipality may take one part in so many."""
NAME = re.compile(r"t[0-9]{5}")


class UnavailableError(Exception):
    """MariaDB or Btrfs gave no answer; the next look asks again."""


def ask(arguments: list[str], stdin: str | None = None) -> str:
    """Standard output of a program.

    Raises:
        UnavailableError: it failed or took over 20 s.
    """
    try:
        done = subprocess.run(arguments, input=stdin, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise UnavailableError(f"{arguments[0]}: {error}") from error
    return done.stdout


def sql(statements: str) -> list[str]:
    """Rows of some statements, as root over the Unix socket."""
    return ask(["mariadb", "--no-defaults", "--batch", "--skip-column-names"], statements).splitlines()


def limits(data: Path) -> dict[str, int]:
    """Bytes that each quota group may reference, by database; 0 for a folder that lost its quota group."""
    found = {path.name: 0 for path in data.iterdir() if NAME.fullmatch(path.name) and any(path.iterdir())}
    for line in ask(["btrfs", "qgroup", "show", "-r", "--raw", str(data)]).splitlines():
        fields = line.split()
        if len(fields) < 5 or not fields[3].isdigit():
            continue
        place = Path(fields[4])
        # The municipality's files bear the same name, in another folder, and are there before its database.
        if place.parent.name == data.name and NAME.fullmatch(place.name):
            found[place.name] = int(fields[3])
    return found


def size(folder: Path) -> int:
    """Bytes of the files of a database, those not yet written to disk included."""
    try:
        with os.scandir(folder) as entries:
            return sum(entry.stat(follow_symlinks=False).st_blocks for entry in entries) * 512
    except FileNotFoundError:
        return 0


def taken(folder: Path) -> int:
    """Bytes in use where temporary tables are, whoever uses them: those files have no name to look for."""
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def unused(name: str) -> int:
    """Bytes inside the files that deleted rows left free: InnoDB fills them again before a file grows."""
    # NAME holds nothing that SQL reads otherwise.
    where = f"WHERE table_schema='{name}'"
    return int(float(sql("SELECT COALESCE(SUM(data_free), 0) FROM information_schema.tables " + where)[0]))  # noqa: S608


def is_over(used: int, allowed: int, was_over: bool) -> bool:
    """Whether a database must stop growing; once stopped, it has to shrink some before it grows again."""
    return used > (allowed * LOW_WATER if was_over else allowed)


def privileges(grants: list[str], name: str) -> list[str]:
    """What of GROWING the user of a database holds on it, from SHOW GRANTS."""
    held: set[str] = set()
    for grant in grants:
        match = re.match(rf"GRANT (.+?) ON `{name}`\.\* TO ", grant)
        if match:
            given = {part.strip() for part in match.group(1).split(",")}
            held |= GROWING if "ALL PRIVILEGES" in given else given & GROWING
    return sorted(held)


class Guard:
    """What was taken from whom is kept in files, one per database, so that a restart forgets nothing."""

    def __init__(self, data: Path, notes: Path) -> None:
        self.data, self.notes = data, notes
        self.limits: dict[str, int] = {}
        self.temporary, self.share = Path("/tmp"), 0  # noqa: S108

    def take(self, name: str) -> None:
        """Take the privileges that make a database grow, and end its connections, which would keep them."""
        held = privileges(sql(f"SHOW GRANTS FOR `{name}`@`localhost`"), name)
        if not held:
            return
        note = self.notes / name
        taken = set(note.read_text().split(",")) if note.exists() else set()
        note.write_text(",".join(sorted(taken | set(held))))
        who = f"`{name}`@`localhost`"
        sql(f"REVOKE {', '.join(held)} ON `{name}`.* FROM {who}; KILL HARD CONNECTION USER {who};")
        LOG.warning("%s: database full, took %s", name, ", ".join(held))

    def give_back(self, name: str) -> None:
        """Give back what was taken, and nothing that something else took since."""
        note = self.notes / name
        taken = sorted(set(note.read_text().split(",")) & GROWING)
        if taken:
            sql(f"GRANT {', '.join(taken)} ON `{name}`.* TO `{name}`@`localhost`;")
        note.unlink()
        LOG.warning("%s: room again, gave back %s", name, ", ".join(taken))

    def compare(self, name: str, allowed: int) -> None:
        """Compare a database with what it may use."""
        was_over = (self.notes / name).exists()
        used = size(self.data / name)
        if used > allowed:
            used -= unused(name)
        if is_over(used, allowed, was_over):
            self.take(name)
        elif was_over:
            self.give_back(name)

    def learn(self) -> None:
        """Learn what the limits are."""
        self.limits = limits(self.data)
        folder, total = sql("SELECT @@tmpdir, @@max_tmp_total_space_usage")[0].split("\t")
        self.temporary, self.share = Path(folder), int(total) // SHARES

    def share_out(self) -> None:
        """End the connections of whoever takes too much of the room for temporary tables."""
        if not self.share or taken(self.temporary) <= self.share:
            return
        used = "SELECT user, SUM(tmp_space_used) FROM information_schema.processlist GROUP BY user"
        for line in sql(used):
            name, size_used = line.split("\t")
            if NAME.fullmatch(name) and int(size_used) > self.share:
                sql(f"KILL HARD CONNECTION USER `{name}`@`localhost`;")
                LOG.warning("%s: too much temporary room, ended its connections", name)

    def look(self) -> None:
        """Compare every database, trouble with one of them notwithstanding."""
        for name, limit in self.limits.items():
            try:
                self.compare(name, max(limit - HEADROOM, 0))
            except (UnavailableError, OSError) as error:
                LOG.warning("%s: %s", name, error)

    def run(self) -> None:
        """Look again and again; trouble with one look is told, and the next one tries again."""
        looks = 0
        while True:
            try:
                if looks % LIMITS_EVERY == 0:
                    self.learn()
                looks += 1
                self.share_out()
                self.look()
            except (UnavailableError, OSError) as error:
                LOG.warning("%s", error)
            time.sleep(TICK)


def make_room(data: Path) -> None:
    """Before MariaDB starts: lift limits that it would meet, or it would abort at each start."""
    for name, limit in limits(data).items():
        if limit and size(data / name) > limit - HEADROOM // 4:
            ask(["btrfs", "qgroup", "limit", str(limit + HEADROOM), str(data / name)])
            LOG.warning(
                "%s: raised the hard limit by %d MiB, or MariaDB could not start", name, HEADROOM // MIB
            )


def main(arguments: list[str]) -> int:
    """`database_guard.py FOLDER run|make-room`."""
    logging.basicConfig(format="%(message)s")
    data, verb = Path(arguments[1]), arguments[2]
    if verb == "make-room":
        make_room(data)
    else:
        Guard(data, Path(os.environ["STATE_DIRECTORY"])).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
