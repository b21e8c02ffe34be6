# SPDX-License-Identifier: AGPL-3.0-or-later
"""One moment of a municipality's files and databases: its processes stand still for it, and go on."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from settings import ENVIRONMENT, BackupError, run

FREEZER = "/sys/fs/cgroup/nuage.slice/nuage-{code}.slice/cgroup.freeze"
"""Of cgroup v2; elsewhere each process is stopped."""
LONGEST_PAUSE_S = 20
"""Beyond it the municipality goes on, and the backup fails."""


def processes_of(uid):
    """Numbers and states of a user's processes."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if entry.stat().st_uid == uid:
                found[int(entry.name)] = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
    return found


def _signal(uid, number):
    for process in processes_of(uid):
        with suppress(ProcessLookupError):
            os.kill(process, number)


def stop(code, uid, deadline):
    """Returns once nothing of the municipality runs."""
    freezer = Path(FREEZER.format(code=code))
    if freezer.exists():
        freezer.write_text("1")
    while True:
        running = {pid for pid, state in processes_of(uid).items() if state not in "TtZX"}
        if freezer.exists() and "frozen 1" in freezer.with_name("cgroup.events").read_text():
            members = freezer.parent.rglob("cgroup.procs")
            running -= {int(pid) for file in members for pid in file.read_text().split()}
        if not running:
            return
        for pid in running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        if time.monotonic() > deadline:
            raise BackupError("backup.not-still", f"{len(running)} processes of {uid}")
        time.sleep(0.005)


def go_on(code, uid):
    """Whatever was stopped runs again; harmless where nothing was."""
    freezer = Path(FREEZER.format(code=code))
    if freezer.exists():
        freezer.write_text("0")
    _signal(uid, signal.SIGCONT)


@contextmanager
def still(code, uid):
    """The municipality stands still inside. ``paused`` of what it gives is for how long, in seconds."""
    span = Span()
    try:
        stop(code, uid, span.began + LONGEST_PAUSE_S)
        yield span
    finally:
        go_on(code, uid)
        span.paused = time.monotonic() - span.began


class Span:
    """How long it took."""

    def __init__(self):
        self.began = time.monotonic()
        self.paused = 0.0


class Session:
    """A database's client that holds one transaction open, asked line by line."""

    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env={**ENVIRONMENT, **(environment or {})},
            cwd="/",
        )

    def ask(self, statement):
        """Rows, as lists of fields."""
        try:
            self.process.stdin.write(f"{statement}\nSELECT 'nuage-end';\n")
            self.process.stdin.flush()
        except OSError as error:
            raise self._broken() from error
        rows = []
        while (line := self.process.stdout.readline()) != "nuage-end\n":
            if not line:
                raise self._broken()
            rows.append(line.rstrip("\n").split("\t"))
        return rows

    def _broken(self):
        with suppress(OSError):
            self.process.stdin.close()
        return BackupError("backup.database-failed", self.process.stderr.read()[-1500:])

    def close(self):
        with suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def snapshot(source, target):
    """A read-only snapshot of a subvolume."""
    run(["btrfs", "subvolume", "snapshot", "-r", source, target], "backup.snapshot-failed", timeout=120)


def limit_of(path):
    """Limit of a subvolume in bytes, as a text; empty where there is none."""
    for line in run(["btrfs", "qgroup", "show", "-r", "-f", "--raw", path], "backup.failed").splitlines():
        fields = line.split()
        if len(fields) > 3 and fields[0].startswith("0/") and fields[3].isdigit():
            return fields[3]
    return ""


def remove_subvolume(path):
    """With the group that counted it, which Btrfs would keep for ever."""
    try:
        run(["btrfs", "subvolume", "delete", "--delete-qgroup", path], "backup.snapshot-failed", timeout=300)
    except BackupError:
        if path.exists():
            run(["btrfs", "subvolume", "delete", path], "backup.snapshot-failed", timeout=300)
