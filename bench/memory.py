"""Memory of what stays on the server when all municipalities sleep: nginx and PID 1."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.stage import Stage

PSS = r"""
systemctl restart nginx; sleep 1
for pid in 1 $(pgrep nginx); do
    awk -v pid=$pid '/^Pss(_Anon|_Shmem)?:/ { print pid, $1, $2 }' /proc/$pid/smaps_rollup
done
"""


PEOPLE = "ps -eo uid= | awk '$1 >= 300000 && $1 < 400000' | wc -l"
"""How many processes municipalities have."""


@dataclass(frozen=True)
class Memory:
    """KiB in nginx and PID 1: all of PSS, and the part that no other host can share."""

    total: int
    own: int


def asleep(stage: Stage) -> float:
    """Wait until no municipality has a process; seconds waited."""
    began = time.monotonic()
    while stage.sh(PEOPLE).strip() != "0":
        if time.monotonic() - began > 120:
            raise SystemExit("some municipality doesn't fall asleep")
        time.sleep(0.2)
    return time.monotonic() - began


def sample(stage: Stage) -> Memory:
    """Memory of what stays when all sleep."""
    stage.sh("systemctl stop 'nuage-*-php@*.service'")
    asleep(stage)
    rows = [line.split() for line in stage.sh(PSS).splitlines()]
    total = sum(int(size) for _, name, size in rows if name == "Pss:")
    return Memory(total, sum(int(size) for _, name, size in rows if name in ("Pss_Anon:", "Pss_Shmem:")))
