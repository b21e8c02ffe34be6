# SPDX-License-Identifier: AGPL-3.0-or-later
"""What this server noted of a municipality: requests to its names, and what its own programs said."""

from __future__ import annotations

import subprocess

from settings import ENVIRONMENT, BackupError

COMMAND = ("journalctl", "--quiet", "--no-pager", "--utc", "--output=short-iso")


def _noted(words, path, keep=None):
    """Lines of the journal; ``keep`` says of which hosts requests are."""
    command = [*COMMAND, *words]
    with (
        path.open("wb") as out,
        subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT, cwd="/") as done,
    ):
        for line in done.stdout:
            # "2026-11-30T03:29:33+00:00 srv1 nginx[12]: www.abercorn.example 192.0.2.7 "GET / HTTP/2.0" 200 …"
            if keep is None or line.partition(b"]: ")[2].partition(b" ")[0] in keep:
                out.write(line)
    # It ends with 1 where nothing matches.
    if done.returncode not in (0, 1):
        raise BackupError("export.failed", f"journalctl: {done.returncode}")


def export(code, folder, services, domains):
    """Into a folder of texts."""
    folder.mkdir(parents=True)
    names = {each.encode() for each in domains}
    _noted(["--identifier=nginx"], folder / "requests.log", names)
    for service in services:
        units = [f"--unit=nuage-{service}-{kind}@{code}.service" for kind in ("php", "cron")]
        _noted(units, folder / f"{service}.log")
