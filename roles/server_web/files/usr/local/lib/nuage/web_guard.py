#!/usr/bin/python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Before nginx starts, puts the municipalities' broken drop-ins aside: no site keeps the others down after a boot.

A drop-in is checked when it is written; it may break later, with an upgrade of nginx or a file lost in a power cut.
The next run of `nuage apply` finds what was put aside, tells whose it is, and writes it anew.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

CONFIGURATION = Path("/etc/nginx/nginx.conf")
NGINX = Path("/etc/nginx/nuage.d")
QUARANTINE = Path("/var/lib/nuage/quarantine")


def complaint(configuration: Path) -> str:
    """What nginx says against a configuration; empty where it takes it."""
    command = ["/usr/sbin/nginx", "-t", "-q", "-c", str(configuration)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.stderr if done.returncode else ""


def named(said: str) -> Path | None:
    """The drop-in that nginx blames; a warning may name another one before."""
    blamed = [line for line in said.splitlines() if "[emerg]" in line]
    place = re.search(rf"{NGINX}/([A-Za-z0-9._-]+\.conf)", "\n".join(blamed))
    return NGINX / place.group(1) if place else None


def broken_alone() -> Path | None:
    """A drop-in that nginx refuses by itself, for complaints that name no file (a missing key, say)."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    # In nginx's own folder, because relative includes are looked up beside the file.
    trial = CONFIGURATION.with_name(".nuage-trial.conf")
    try:
        for path in sorted(NGINX.glob("*.conf")):
            trial.write_text(text.replace(f"{NGINX}/*.conf", str(path)), encoding="utf-8")
            if complaint(trial):
                return path
    finally:
        trial.unlink(missing_ok=True)
    return None


def main() -> int:
    """Exit code 0 whatever happens: nginx itself tells what is left to tell."""
    while said := complaint(CONFIGURATION):
        culprit = named(said) or broken_alone()
        if culprit is None or not culprit.exists():
            break
        QUARANTINE.mkdir(parents=True, exist_ok=True, mode=0o700)
        (QUARANTINE / f"{culprit.name}.why").write_text(said, encoding="utf-8")
        culprit.replace(QUARANTINE / culprit.name)
        sys.stderr.write(f"{culprit.name} put aside: {said.strip()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
