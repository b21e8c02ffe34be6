"""Validate, plan and build for all 1,123 local municipalities of MUN.csv: whole-process time and peak memory.

    python -m bench.plan_build

Each figure is the median of several whole processes of the real `nuage build`, which validates, plans and
writes the inventory. The baseline of the same run is a bare process that imports yaml and pydantic and parses
the same files with libyaml: what any program that reads them must spend. Nothing is asserted about time.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench import large

COUNTS = (281, 562, 1123, 2246)
RUNS = 5
NUAGE = str(Path(sys.executable).with_name("nuage"))
BASELINE = """
import sys, pathlib, pydantic, yaml
folder = pathlib.Path(sys.argv[1])
for path in [folder / "consortium.yml", *(folder / "tenants").glob("*.yml")]:
    yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
"""


@dataclass(frozen=True)
class Figures:
    """Wall time and processor time in seconds, peak memory in MB."""

    wall: float
    processor: float
    memory: float


def measure(command: list[str]) -> Figures:
    """One whole process."""
    before = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, env={**os.environ, "NUAGE_VAULT_PASSWORD": "bench"}
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - before
    if status:
        raise SystemExit(f"{command} failed: {status}")
    return Figures(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)


def median(runs: list[Figures]) -> Figures:
    """Median of each figure."""
    return Figures(
        *(statistics.median(getattr(run, name) for run in runs) for name in ("wall", "processor", "memory"))
    )


def several(command: list[str]) -> Figures:
    """Median of several runs."""
    return median([measure(command) for _ in range(RUNS)])


def first_build(folder: Path) -> Figures:
    """Builds that begin with nothing: secrets, inventory and lock are made each time."""
    runs = []
    for _ in range(RUNS):
        for name in ("placement.lock.yml", "secrets.vault.yml", "build/hosts.json"):
            (folder / name).unlink(missing_ok=True)
        runs.append(measure([NUAGE, "build", "-C", str(folder)]))
    return median(runs)


def row(name: str, count: int, figures: Figures, baseline: Figures) -> None:
    """One printed line, beside its baseline."""
    print(
        f"{name:<26} {count:>5}  {figures.wall:6.2f} s  {figures.processor:6.2f} s  {figures.memory:6.0f} MB"
        f"  {figures.wall / baseline.wall:5.1f} x  {1000 * figures.wall / count:6.2f} ms"
    )


def main() -> None:
    """Print the figures."""
    if not large.DATA.is_file():
        raise SystemExit(f"SKIPPED, NOT MEASURED: {large.DATA} is absent")
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}"
    print(f"{machine}, {RUNS} runs each")
    print(f"{'median of whole processes':<26} count      wall  processor       peak  baseline     each")
    with tempfile.TemporaryDirectory() as temporary:
        for count in COUNTS:
            folder = Path(temporary, str(count))
            large.write(folder, count)
            baseline = several([sys.executable, "-c", BASELINE, str(folder)])
            row("baseline: parse only", count, baseline, baseline)
            row("nuage build, first", count, first_build(folder), baseline)
            row("nuage build, again", count, several([NUAGE, "build", "-C", str(folder)]), baseline)
            row("nuage plan", count, several([NUAGE, "plan", "-C", str(folder)]), baseline)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    print(f"peak of any process: {peak:.0f} MB. To reach at 1123: 2 s, under 200 MB, growing linearly.")


if __name__ == "__main__":
    main()
