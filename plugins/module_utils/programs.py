# SPDX-License-Identifier: AGPL-3.0-or-later
"""Running the server's own programs from modules: lists only, never a shell."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

PENDING = Path("/run/nuage/pending")


class ProgramError(Exception):
    """A program ended with an error; ``str()`` is its name and the last lines it printed."""


def run(arguments, stdin=None, environment=None, user=None, timeout=300):
    """Standard output of a program, as text.

    Raises:
        ProgramError: it isn't there, ended with another code than 0, or took over ``timeout`` seconds.
    """
    try:
        done = subprocess.run(
            arguments,
            input=stdin,
            capture_output=True,
            text=True,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", **(environment or {})},
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd="/",
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProgramError(f"{arguments[0]}: {error}") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise ProgramError(f"{arguments[0]} ({done.returncode}): {said}")
    return done.stdout


def write_atomic(path, content, mode, uid=0, gid=0):
    """Replace a file in one step; a crash leaves the old one or the new one."""
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            os.fchmod(stream.fileno(), mode)
            os.fchown(stream.fileno(), uid, gid)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def mark_pending(names):
    """Note what `server_activate` has to do; the note outlives an interrupted run, and not a reboot."""
    if names:
        PENDING.mkdir(parents=True, exist_ok=True, mode=0o755)
    for name in names:
        (PENDING / name).touch()
