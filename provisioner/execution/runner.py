"""Starts Ansible, through ansible-runner. Nothing else in the project does."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ansible_runner

from provisioner.errors import MachineError
from provisioner.execution.results import HostResult, Results
from provisioner.inventory.tree import ansible_root, collection_root

RECORDING = "site.yml"
"""The playbook that converges hosts; the others only look or act, and leave what is stale so."""

EventHandler = Callable[[HostResult | None], None]


@dataclass(frozen=True)
class Run:
    """One run of a playbook. ``status`` is ansible-runner's: successful, failed, canceled or timeout."""

    results: Results
    status: str
    code: int
    log: Path


@dataclass(frozen=True)
class Request:
    """What to run. ``servers`` maps each inventory host to its server; ``vault``: whether it holds secrets."""

    playbook: str
    inventory: Path
    servers: Mapping[str, str]
    logs: Path
    limit: str = ""
    check: bool = False
    forks: int = 8
    private_key: Path | None = None
    vault: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


def run(request: Request, on_event: EventHandler) -> Run:
    """Run a playbook of the collection and fold its events.

    Raises:
        MachineError: ansible-playbook isn't installed beside this program.
    """
    programs = Path(sys.executable).parent
    if shutil.which("ansible-playbook", path=f"{programs}:{os.environ.get('PATH', '')}") is None:
        raise MachineError("apply.no-ansible")
    results = Results(request.servers)
    log = request.logs / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{Path(request.playbook).stem}.log"
    request.logs.mkdir(parents=True, exist_ok=True, mode=0o700)

    def handle(event: dict[str, Any]) -> bool:
        on_event(results.add(event))
        return False

    with tempfile.TemporaryDirectory(prefix="nuage-run-") as private:
        runner = ansible_runner.run(
            private_data_dir=private,
            playbook=str(collection_root() / "playbooks" / request.playbook),
            inventory=str(request.inventory),
            extravars=dict(request.extra),
            limit=request.limit or None,
            forks=request.forks,
            cmdline=" ".join(["--check", "--diff"] if request.check else []) or None,
            envvars=_environment(request, programs),
            event_handler=handle,
            quiet=True,
            rotate_artifacts=1,
        )
        _keep_log(runner, log)
    finished = runner.status in ("successful", "failed")
    results.close(finished=finished, records=request.playbook == RECORDING)
    return Run(results, runner.status, runner.rc if runner.rc is not None else 1, log)


def _environment(request: Request, programs: Path) -> dict[str, str]:
    environment = {
        # Ansible doesn't start with a language that this machine lacks, and Debian always has this one.
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_CONFIG": str(ansible_root() / "ansible.cfg"),
        # Else ansible-runner turns it off, against ansible.cfg and the inventory's pinned keys.
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_NOCOLOR": "1",
        # Else ansible-runner empties what a task returned beyond 700 kB: observations of a large server.
        "MAX_EVENT_RES": "50000000",
        "PATH": f"{programs}:{os.environ.get('PATH', '/usr/bin:/bin')}",
    }
    if request.vault:
        environment["ANSIBLE_VAULT_PASSWORD_FILE"] = str(programs / "nuage-vault-password")
    if request.private_key is not None:
        environment["ANSIBLE_PRIVATE_KEY_FILE"] = str(request.private_key)
    return environment


def _keep_log(runner: ansible_runner.Runner, log: Path) -> None:
    text = runner.stdout.read() if runner.stdout is not None else ""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
