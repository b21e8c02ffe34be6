"""Runs the suite against live hosts and says, per server and municipality, what doesn't hold."""

from __future__ import annotations

import io
import os
import tempfile
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from provisioner.verification.targets import Server, Service, Site, Targets


@dataclass
class Verdict:
    """Checks of one inventory host: how many held, and what the others said."""

    host: str
    passed: int = 0
    skipped: int = 0
    failed: dict[str, str] = field(default_factory=dict)


class _Collector:
    def __init__(self, targets: Targets) -> None:
        everything: tuple[Server | Site | Service, ...] = (
            *targets.servers,
            *targets.sites,
            *targets.services,
        )
        hosts = sorted({each.host for each in everything}, key=lambda host: (len(host), host))
        self.verdicts = {host: Verdict(host) for host in hosts}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the report of one phase of one check."""
        name, _, rest = report.nodeid.rpartition("::")[2].partition("[")
        verdict = next((self.verdicts[host] for host in reversed(self.verdicts) if host in rest), None)
        if verdict is None:
            return
        if report.failed:
            verdict.failed[name] = report.longreprtext.strip().splitlines()[-1]
        elif report.skipped:
            verdict.skipped += 1
        elif report.when == "call":
            verdict.passed += 1


def verify(targets: Targets) -> tuple[Verdict, ...]:
    """Run every check on every target; nothing is changed anywhere."""
    collector = _Collector(targets)
    suite = Path(__file__).parent / "suite"
    with tempfile.TemporaryDirectory(prefix="nuage-verify-") as folder:
        path = Path(folder) / "targets.json"
        path.write_text(targets.model_dump_json(), encoding="utf-8")
        os.environ["NUAGE_VERIFY_TARGETS"] = str(path)
        with redirect_stdout(io.StringIO()):
            pytest.main(
                [
                    str(suite),
                    "-q",
                    "--tb=line",
                    "-p",
                    "no:cacheprovider",
                    f"--rootdir={suite}",
                    "-c",
                    os.devnull,
                ],
                plugins=[collector],
            )
    return tuple(sorted(collector.verdicts.values(), key=lambda verdict: verdict.host))
