"""Carrying an upgrade out: the run, and the choice noted as soon as a municipality has gone over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from provisioner import deployment
from provisioner.artifacts.model import Pin
from provisioner.execution.results import HostResult
from provisioner.execution.runner import EventHandler, Run
from provisioner.upgrading import choosing
from provisioner.upgrading.chosen import Choice, Failed, release_name

RETURNED = "upgrading.returned"


def moment() -> str:
    """Now, as it is noted."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def carry_out(
    folder: Path,
    options: deployment.Options,
    codes: frozenset[str],
    pins: Mapping[str, Pin],
    on_event: EventHandler,
) -> Run:
    """Have these municipalities go over to the release of ``pins``; the caller holds the folder's lock and has built.

    Who passed all gates is noted at once, so that a run that is killed then loses nothing.
    """
    noted: set[str] = set()

    def handle(result: HostResult | None) -> None:
        if result is not None and result.upgrade.get("phase") == "passed" and result.host not in noted:
            noted.add(result.host)
            _note(folder, result.host[:5], Choice(release=release_name(pins), since=moment()), pins)
        on_event(result)

    done = deployment.run_playbook(folder, "upgrade.yml", options, handle, only=codes)
    for result in done.results.hosts.values():
        if result.failed and result.problem and result.problem.key == RETURNED:
            chosen = choosing.read(folder)
            before = chosen.municipalities[result.host[:5]]
            why = str(result.problem.context.get("detail", ""))[:500]
            failed = Failed(release=release_name(pins), at=moment(), why=why)
            _note(folder, result.host[:5], before.model_copy(update={"failed": failed}), pins)
    return done


def touched(done: Run) -> frozenset[str]:
    """Codes of those that went over, or back."""
    return frozenset(
        result.host[:5]
        for result in done.results.hosts.values()
        if result.upgrade.get("phase") == "passed" or (result.problem and result.problem.key == RETURNED)
    )


def settle(folder: Path, options: deployment.Options, codes: frozenset[str]) -> Run:
    """An apply for these: what was chosen is what is so, on record. The caller has built again."""
    return deployment.run_playbook(folder, "site.yml", options, lambda event: None, only=codes)


def _note(folder: Path, code: str, choice: Choice, pins: Mapping[str, Pin]) -> None:
    choosing.write(folder, choosing.read(folder).with_choice(code, choice, pins))
