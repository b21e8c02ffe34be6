"""Verify a bundle of evidence of 1,123 municipalities on 40 servers: time and memory of whole processes, and its size.

    python -m bench.audit_verify

The observations are synthetic; every signature, proof and verdict is checked as in a real one. The baseline of the same
run is what nobody can do without: read the bundle and hash it. Nothing is asserted about time.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import audit_bundle, figures, large
from provisioner.audit import standalone
from provisioner.audit.bundle import keys, layout, reading, sealing
from provisioner.audit.controls.judge import judge_all

SERVERS, RUNS = 40, 3
NUAGE = str(Path(sys.executable).with_name("nuage"))
BASELINE = "import hashlib, sys; hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest()"
REACH = "to reach: 10 s, 300 MB"


def measure(command: list[str]) -> tuple[float, float, float]:
    """Of whole processes: median wall and processor time in seconds, and greatest peak memory in MB."""
    times, processor, peaks = [], [], []
    for _ in range(RUNS):
        before = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        times.append(time.perf_counter() - before)
        processor.append(usage.ru_utime + usage.ru_stime)
        peaks.append(usage.ru_maxrss / 1000)
        if status:
            raise SystemExit(f"{command} failed: {status}")
    return statistics.median(times), statistics.median(processor), max(peaks)


def seal(folder: Path, codes: list[str]) -> tuple[Path, Path, int]:
    """A sealed bundle as a folder and as a tar, and how many findings it has."""
    raw = audit_bundle.write(audit_bundle.raw(codes, SERVERS), folder / "raw")
    keys.generate(folder / "ops")
    sealer = sealing.Sealer(keys.private(folder / "ops"), folder / "log", judge_all, standalone.companions())
    before = time.perf_counter()
    report = sealer.seal(raw, folder / "bundle")
    figures.show("seal, verified before it is written", f"{time.perf_counter() - before:.1f} s")
    bundle, _ = reading.read(folder / "bundle")
    sealing.write(bundle, folder / "bundle.tar")
    return folder / "bundle", folder / "bundle.tar", len(report.findings or ())


def main() -> None:
    """Print the figures."""
    codes = [each.code for each in large.municipalities()]
    figures.title(f"audit_verify: {len(codes)} municipalities on {SERVERS} servers")
    with tempfile.TemporaryDirectory(prefix="nuage-bench-") as temporary:
        folder, tar, findings = seal(Path(temporary), codes)
        size = tar.stat().st_size
        files = sum(1 for path in folder.rglob("*") if path.is_file())
        figures.show("files, findings", f"{files}, {findings}")
        content = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        figures.show("size, as a tar", f"{content / 1e6:.1f} MB, {size / 1e6:.1f} MB")
        each = f"{size / 1000 / len(codes):.1f} kB"
        figures.show("size per municipality, as a tar", each, reach="to reach: 100 kB")
        base, *_ = measure([sys.executable, "-c", BASELINE, str(tar)])
        figures.show("baseline: read the tar and hash it", f"{base:.2f} s")
        key = ["--key", str(Path(temporary, "ops.pub"))]
        alone = [sys.executable, "-I", str(folder / layout.VERIFY)]
        for what, command in (
            ("nuage audit verify, folder", [NUAGE, "audit", "verify", str(folder), *key]),
            ("nuage audit verify, tar", [NUAGE, "audit", "verify", str(tar), *key]),
            ("verify.py, tar", [*alone, str(tar), *key]),
        ):
            wall, processor, peak = measure(command)
            compared = f"{processor:.2f} s of processor; {wall / base:.0f} x the baseline"
            figures.show(what, f"{wall:.2f} s, {peak:.0f} MB", compared, REACH)


if __name__ == "__main__":
    main()
