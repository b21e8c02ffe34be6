"""Forgetting copies whose time is over: from the control machine, by when they *arrived* at the keeper (ADR 15).

A server that writes can date a copy as it likes, and take none away. The keeper holds no password. So this machine asks
the keeper when each arrived, and forgets those by name, through a door of its own.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioner.errors import MachineError, NuageError, PartialFailureError, UnreachableError
from provisioner.spec.consortium import Server

DAY_S = 24 * 3600
DAILY_DAYS = 30
"""For which every night's copy is kept; then one a week, for as long as the municipality's spec says."""
LEAST = 3
"""Newest copies that are kept whatever their age: a municipality whose copies stopped keeps the last of them."""
PLACE = "/srv/backups"


@dataclass(frozen=True)
class Copy:
    """One copy: whose, and when it arrived, in seconds since 1970."""

    id: str
    host: str
    arrived: float


def forgotten(copies: Iterable[Copy], now: float, keep_days: int) -> list[str]:
    """Those whose time is over, oldest first. Pure."""
    gone: list[Copy] = []
    of_host: dict[str, list[Copy]] = {}
    for copy in sorted(copies, key=lambda one: one.arrived, reverse=True):
        of_host.setdefault(copy.host, []).append(copy)
    for found in of_host.values():
        weeks: set[int] = set()
        for copy in reversed(found[LEAST:]):
            age = now - copy.arrived
            week = int(copy.arrived // (7 * DAY_S))
            # The first of a week stays: it doesn't become another one as the week goes on.
            if age > keep_days * DAY_S or (age > DAILY_DAYS * DAY_S and week in weeks):
                gone.append(copy)
            else:
                weeks.add(week)
    return [copy.id for copy in sorted(gone, key=lambda one: one.arrived)]


class Door:
    """The ops team's own way to a keeper, which isn't bound to adding."""

    def __init__(self, keeper: Server, known_hosts: Path, private_key: Path | None) -> None:
        if shutil.which("restic") is None:
            raise MachineError("backup.no-restic")
        self._keeper = keeper
        identity = ["-i", str(private_key)] if private_key else []
        options = (
            f"UserKnownHostsFile={known_hosts.resolve()}",
            "GlobalKnownHostsFile=/dev/null",
            "StrictHostKeyChecking=yes",
            "BatchMode=yes",
            "ConnectTimeout=20",
            "LogLevel=ERROR",
        )
        self._ssh = ["ssh", *identity, "-p", str(keeper.ssh_port)]
        self._ssh += [word for option in options for word in ("-o", option)]
        self._ssh.append(f"{keeper.ssh_user}@{keeper.address}")

    def arrivals(self, code: str) -> dict[str, float]:
        """When each copy of a municipality came, by the keeper's own clock."""
        find = ["sudo", "-n", "find", f"{PLACE}/{code}/snapshots", "-type", "f", "-printf", r"'%f %T@\n'"]
        done = subprocess.run([*self._ssh, *find], capture_output=True, text=True, check=False)
        if done.returncode == 255:
            raise UnreachableError("backup.keeper-gone", subject=code, host=code, detail=done.stderr.strip())
        if done.returncode != 0:
            # A municipality that nothing was ever copied of.
            return {}
        return {name: float(at) for name, at in (line.split() for line in done.stdout.splitlines())}

    def restic(self, code: str, password: str, words: Sequence[str], key: str = "backup.prune-failed") -> str:
        """What restic says; the password goes by memory that has no name. ``key`` is of the message where it fails."""
        program = shlex.join([*self._ssh, "sudo", "-n", "-u", "nuage-backup", "rclone"])
        handle = os.memfd_create("restic")
        try:
            os.write(handle, password.encode())
            command = ["restic", "--repo", f"rclone:{PLACE}/{code}", "-o", f"rclone.program={program}"]
            command += ["--password-file", f"/proc/{os.getpid()}/fd/{handle}", *words]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        finally:
            os.close(handle)
        if done.returncode != 0:
            detail = done.stderr.strip()[-1500:]
            raise PartialFailureError(key, subject=code, host=code, detail=detail)
        return done.stdout


def over(door: Door, code: str, password: str, keep_days: int, now: float) -> tuple[int, list[str]]:
    """How many copies there are of a municipality, and those whose time is over.

    Raises:
        NuageError: the keeper doesn't answer, or restic said no.
    """
    arrived = door.arrivals(code)
    if not arrived:
        return 0, []
    words = ["snapshots", "--json", "--no-lock"]
    listed: list[Mapping[str, Any]] = json.loads(door.restic(code, password, words))
    copies = [Copy(one["id"], one["hostname"], arrived[one["id"]]) for one in listed if one["id"] in arrived]
    return len(copies), forgotten(copies, now, keep_days)


def forget(door: Door, code: str, password: str, gone: Sequence[str]) -> None:
    """Forget these, and free their room."""
    if gone:
        door.restic(code, password, ["forget", *gone])
        door.restic(code, password, ["prune", "--max-unused", "5%"])


def password_of(held: Mapping[str, Mapping[str, str]], code: str) -> str:
    """Of a municipality's repository.

    Raises:
        NuageError: the vault has none.
    """
    try:
        return held[code]["backup_password"]
    except KeyError:
        raise NuageError("backup.wrong-key", subject=code, host=code) from None
