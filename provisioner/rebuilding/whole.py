"""From who waits to who is back: what `nuage rebuild` and `nuage restore --to` share."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from provisioner import deployment, workflow
from provisioner.errors import PartialFailureError, Problem
from provisioner.execution.progress import Display
from provisioner.files import read_text
from provisioner.inventory import vault
from provisioner.inventory.vault_password import vault_password
from provisioner.planning.lock import Awaited
from provisioner.planning.rebuilding import lost_servers
from provisioner.rebuilding import choosing, copies
from provisioner.rebuilding.carrying import Carrying, Ended
from provisioner.rebuilding.choosing import Coming
from provisioner.report.run import labels
from provisioner.workflow import Prepared


def survey(
    prepared: Prepared,
    hosts: list[str],
    private_key: Path | None,
    which: copies.Which = copies.NEWEST,
    only: str = "",
) -> list[Coming]:
    """Where each of them would come back, and from which copy.

    Raises:
        MachineError: this machine has no restic, or no password of the vault.
    """
    lost = lost_servers(prepared.specs.consortium)
    moving = [host for host in hosts if choosing.gone(prepared.lock, host, lost)]
    found: Mapping[str, Awaited | Problem] = {}
    if moving:
        path = prepared.specs.folder / vault.NAME
        held = vault.unlock(read_text(path), vault_password(os.environ), str(path))
        found = copies.find(prepared, moving, held, private_key, which)
    return choosing.choose(prepared, hosts, found, only)


def carry_out(
    prepared: Prepared, coming: Sequence[Coming], options: deployment.Options, at_once: int
) -> list[Ended]:
    """Bring back all that can be; the caller holds the folder's lock and has a person's consent."""
    able = [one for one in coming if one.problem is None]
    if not able:
        return []
    consent = choosing.consent(prepared, able)
    planned = workflow.replanned(prepared, consent)
    workflow.refuse(planned.plan)
    workflow.demand_archives(planned, os.environ)
    with Display(Console(stderr=True), labels(prepared.specs.tenants)) as display:
        work = Carrying(prepared.specs.folder, prepared, options, display.handle)
        work.settle(consent)
        return list(work.bring_back([one.host for one in able], at_once))


def judge(coming: Sequence[Coming], ended: Sequence[Ended]) -> None:
    """Everyone who isn't back, and why.

    Raises:
        PartialFailureError: somebody isn't; the same command takes up what is left.
    """
    found = [*(one.problem for one in coming), *(one.problem for one in ended)]
    problems = [problem for problem in found if problem is not None]
    if problems:
        raise PartialFailureError.of(problems)
