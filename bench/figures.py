"""What was measured, printed beside what it is compared with. Nothing here judges."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence

WIDTH = 58


def title(text: str) -> None:
    """Begin a bench, with what the machine was busy with: figures of a loaded machine say little."""
    print(f"\n## {text}  (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)", flush=True)


def show(what: str, figure: str, compared: str = "", reach: str = "") -> None:
    """One line: a figure, its baseline of the same run, and what there is to reach."""
    print(f"{what:<{WIDTH}} {figure:>22}  {compared:<44} {reach}".rstrip(), flush=True)


def seconds(values: Sequence[float]) -> str:
    """Median, and the spread where there are several."""
    middle = statistics.median(values)
    if len(values) == 1:
        return f"{middle:.2f} s"
    return f"{middle:.2f} s ({min(values):.2f}-{max(values):.2f})"


def ratio(values: Sequence[float], baseline: Sequence[float]) -> str:
    """Of the medians."""
    return f"{statistics.median(values) / statistics.median(baseline):.2f} x"


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that ``part`` of them don't exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(part * len(ordered) + 0.5) - 1))]
