# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one backup is about, where its things are, and how it says that it failed."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

SETTINGS = Path("/etc/nuage/backup")
STATE = Path("/var/lib/nuage/backup")
MOMENTS = Path("/srv/moments")
"""On the volume of the data, so that a snapshot costs nothing; each is there for the length of one backup."""
METRICS = Path("/var/lib/prometheus/node-exporter")
"""Where Debian's node exporter looks for texts of others."""
ASKED = Path("/run/nuage/backup")
"""Locks, and what is asked of a backup that is about to begin."""
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
NAME = re.compile(r"[0-9]{5}-(apps|identity)")


class BackupError(Exception):
    """``key`` is a message of the control machine's; ``str()`` is what a program said."""

    def __init__(self, key, detail=""):
        super().__init__(detail or key)
        self.key = key


@dataclass(frozen=True)
class Settings:
    """What the role wrote for one municipality on one kind of server."""

    name: str
    code: str
    keeper: str
    port: int
    services: tuple
    upload_kib: int
    first: bool
    """Whether it is the one that makes the repository: two at once would make two, one over the other."""
    repository: str = ""
    """The whole of it in words that people, and the audit, read."""

    @property
    def user(self):
        return f"t{self.code}"

    @property
    def moment(self):
        return MOMENTS / self.name

    @property
    def home(self):
        return Path("/srv/tenants") / self.user


def load(name):
    """The settings of `46005-apps`.

    Raises:
        BackupError: nothing of that name is backed up here.
    """
    if not NAME.fullmatch(name):
        raise BackupError("backup.not-here", name)
    try:
        found = json.loads((SETTINGS / f"{name}.json").read_text())
    except FileNotFoundError as error:
        raise BackupError("backup.not-here", name) from error
    return Settings(name=name, **{**found, "services": tuple(found["services"])})


def secret(name, kind):
    """Path of the password or of the key: systemd's credential in a unit, the file itself elsewhere."""
    handed = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(handed) / kind if handed else SETTINGS / f"{name}.{kind}"


def run(arguments, key, *, stdin=None, environment=None, timeout=3600, cwd="/"):  # noqa: PLR0913
    """Standard output of a program.

    Raises:
        BackupError: with ``key``, where it isn't there, ends with an error, or takes over ``timeout`` seconds.
    """
    try:
        done = subprocess.run(
            [str(each) for each in arguments],
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            env={**ENVIRONMENT, **(environment or {})},
            cwd=cwd,
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BackupError(key, str(error)) from error
    if done.returncode != 0:
        raise BackupError(key, (done.stderr.strip() or done.stdout.strip())[-1500:])
    return done.stdout


def write(path, text, mode=0o600):
    """Replace a file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    beside.chmod(mode)
    beside.replace(path)


def read(path):
    """The object in a JSON file; an empty one where there is none, or half of one."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
