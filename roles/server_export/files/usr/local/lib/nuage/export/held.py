# SPDX-License-Identifier: AGPL-3.0-or-later
"""The moment that an export is of: a snapshot of the files, and a folder of what was made; held until it is fetched."""

from __future__ import annotations

import json
import pwd
import shutil
import time
from contextlib import suppress

import moment
from settings import MOMENTS, BackupError, run

LONGEST_S = 3 * 24 * 3600
"""Beyond it a moment that nobody fetched goes: what it holds counts in the municipality's disk."""


def folder(name):
    """Not of the form that the backup's sweep clears."""
    return MOMENTS / f"{name}.export"


def run_of(name):
    """Which export is held; empty where none is."""
    try:
        return json.loads((folder(name) / "run.json").read_text())["run"]
    except (OSError, ValueError, KeyError):
        return ""


def demand(name, run_id):
    """Go on only with the moment that was begun.

    Raises:
        BackupError: it is gone, or another one.
    """
    if not run_id or run_of(name) != run_id:
        raise BackupError("export.gone", name)


def let_go(name):
    """Nothing of it stays, and nobody stays paused."""
    code = name[:5]
    if name.endswith("-apps"):
        with suppress(KeyError):
            moment.go_on(code, pwd.getpwnam(f"t{code}").pw_uid)
    place = folder(name)
    # First, so that half a moment is never taken for a whole one.
    (place / "run.json").unlink(missing_ok=True)
    if (place / "files").is_dir():
        moment.remove_subvolume(place / "files")
    shutil.rmtree(place, ignore_errors=True)
    stop_timer(name)


def timer(name):
    return f"nuage-export-{name}-expire"


def stop_timer(name):
    """That of `expire`; harmless where there is none."""
    with suppress(BackupError):
        run(["systemctl", "stop", f"{timer(name)}.timer"], "export.failed", timeout=60)


def expire(name):
    """Have the moment go by itself; after a restart of the server, `forget_old` of the next export does it."""
    stop_timer(name)
    command = ["systemd-run", "--quiet", "--collect", f"--unit={timer(name)}", f"--on-active={LONGEST_S}"]
    program = ["/usr/bin/python3", "-I", "/usr/local/lib/nuage/export", "end", name]
    run([*command, "--", *program], "export.failed", timeout=60)


def forget_old(now=None):
    """Moments of any municipality that nobody will fetch: the server was started anew since."""
    for place in MOMENTS.glob("*.export"):
        with suppress(OSError):
            if place.stat().st_mtime < (now or time.time()) - LONGEST_S:
                let_go(place.name.removesuffix(".export"))
