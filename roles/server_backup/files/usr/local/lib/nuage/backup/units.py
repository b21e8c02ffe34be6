# SPDX-License-Identifier: AGPL-3.0-or-later
"""A municipality's units, stopped while what they work on changes, and started as they are wanted."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from moment import processes_of
from settings import BackupError, run

WANTED = Path("/etc/nuage/wanted.d")
KINDS = ("@{code}.socket", "-cron@{code}.timer", "-cron@{code}.service", "-php@{code}.service")
PATIENCE_S = 330
"""Requests that are being answered may end; it is as long as PHP's own."""


def stop(code, uid, services):
    """Returns once none of its programs runs."""
    names = [f"nuage-{service}{kind.format(code=code)}" for service in services for kind in KINDS]
    run(["systemctl", "stop", *names], "backup.restore-failed", timeout=PATIENCE_S)
    deadline = time.monotonic() + 10
    while len(services) > 1 and processes_of(uid):
        # What no unit of ours holds. With one of two services stopped, the other's go on.
        if time.monotonic() > deadline:
            for process in processes_of(uid):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            if time.monotonic() > deadline + 5:
                raise BackupError("backup.restore-failed", f"processes of {uid} don't end")
        time.sleep(0.05)


def start(code, services):
    """Those that the municipality wants."""
    wanted = []
    for service in services:
        path = WANTED / f"{code}-{service}"
        if path.exists():
            wanted += path.read_text().split()
    if wanted:
        run(["systemctl", "start", *wanted], "backup.restore-failed", timeout=120)


def occ(code, *words):
    """A command of the municipality's own Nextcloud, in the sandbox of its scheduled work."""
    left_out = ("#", "Type=", "ExecStart=", "TimeoutStartSec=", "SyslogIdentifier=")
    section, properties = "", []
    unit = Path("/etc/systemd/system/nuage-nextcloud-cron@.service").read_text()
    for line in unit.splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith(left_out):
            properties.append("--property=" + line.replace("%i", code))
    environment = Path(f"/etc/nuage/nextcloud/{code}.env").read_text()
    tree = next(line for line in environment.splitlines() if line.startswith("NUAGE_TREE="))
    program = [f"{tree.partition('=')[2]}/occ", *words, "--no-interaction"]
    command = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--service-type=exec", *properties]
    command += ["--property=RuntimeMaxSec=280", "--", "/usr/local/lib/nuage/confine", "/usr/bin/php"]
    return run([*command, *program], "backup.restore-failed", timeout=300)
