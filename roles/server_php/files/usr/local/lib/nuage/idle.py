#!/usr/bin/python3
"""Lets the PHP of municipalities that nobody asks for anything sleep: idle.py SECONDS

Their sockets stay open and wake them. PHP-FPM on demand lets its workers go by itself; a master that has had none for
so long is stopped. Work that goes on after its answer was sent is a worker's too. A resident one is enabled, and stays.
"""

import subprocess
import sys
import time
from pathlib import Path

MARKS = Path("/run/nuage-idle")
PROC = Path("/proc")
PATTERN = "nuage-*-php@*.service"
ASK = ("systemctl", "show", "--state=active", "--property=Id,MainPID,UnitFileState", PATTERN)


def woken() -> dict[str, str]:
    """Number of the master of each unit that its socket woke."""
    said = subprocess.run(ASK, check=True, capture_output=True, text=True).stdout
    units = (dict(line.split("=", 1) for line in block.splitlines()) for block in said.split("\n\n"))
    return {each["Id"]: each["MainPID"] for each in units if each and each["UnitFileState"] != "enabled"}


def works(master: str) -> bool:
    """Whether it has workers; a master that is gone is nobody's business."""
    try:
        return bool((PROC / master / "task" / master / "children").read_text().strip())
    except OSError:
        return True


def idle(units: dict[str, str], seconds: float, now: float) -> list[str]:
    """Units without a worker for so long. The time of a mark is when one was last seen with any, or first seen."""
    MARKS.mkdir(mode=0o755, exist_ok=True)
    for mark in MARKS.iterdir():
        if mark.name not in units:
            mark.unlink()
    found = []
    for unit, master in sorted(units.items()):
        mark = MARKS / unit
        if works(master) or not mark.exists():
            mark.touch()
        elif now - mark.stat().st_mtime >= seconds:
            found.append(unit)
    return found


def main() -> None:
    """Once; a timer calls it."""
    asleep = idle(woken(), float(sys.argv[1]), time.time())
    if asleep:
        # Not waited for: who still comes waits in the socket until PHP has stopped, and wakes it again.
        subprocess.run(["systemctl", "--no-block", "stop", *asleep], check=True)


if __name__ == "__main__":
    main()
