"""The servers' part of an audit: one run of Ansible, what each server sent back, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioner import deployment
from provisioner.audit.bundle import canonical, sshsig
from provisioner.audit.observing import observation
from provisioner.audit.observing.beginning import Beginning, now
from provisioner.errors import NuageError, Problem
from provisioner.execution.handing import handed_on
from provisioner.execution.results import HostResult
from provisioner.execution.runner import Run

NAMESPACE = "nuage-observation"
_VARIABLE = "NUAGE_AUDIT"


@dataclass
class Observed:
    """Files by path in the bundle, and why there are none of some servers."""

    files: dict[str, bytes] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)


@dataclass(frozen=True)
class Asking:
    """Which servers are asked, and for which audit."""

    folder: Path
    options: deployment.Options
    begun: Beginning
    host_keys: Mapping[str, str]
    """Pinned key of each, by id."""
    only: frozenset[str] = frozenset()
    """Codes of municipalities; all of them when empty."""


def observe(asking: Asking, on_server: Callable[[str], None] = lambda server: None) -> Observed:
    """Ask every server; one that doesn't answer, or whose answer can't be its own, has a problem instead of files.

    Raises:
        MachineError: there is no built inventory, or no Ansible.
        NuageError: Ansible itself failed, before any server was asked.
    """
    begun = asking.begun
    asked = {"audit": begun.id, "nonce": begun.nonce, "only": sorted(asking.only)}
    ended: set[str] = set()

    def on_event(result: HostResult | None) -> None:
        if result is not None and result.host in asking.host_keys and result.host not in ended:
            ended.add(result.host)
            on_server(result.host)

    with handed_on(_VARIABLE, json.dumps(asked)):
        done = deployment.run_playbook(asking.folder, "audit.yml", asking.options, on_event, only=asking.only)
    if done.status == "canceled":
        raise KeyboardInterrupt
    if done.code != 0 and not any(result.failed for result in done.results.hosts.values()):
        raise NuageError("apply.ansible-failed", file=str(done.log))
    found = Observed()
    for server, key in sorted(asking.host_keys.items()):
        _take(found, server, key, begun, done)
    return found


def _take(found: Observed, server: str, key: str, begun: Beginning, done: Run) -> None:
    packed = done.results.observations.get(server)
    result = done.results.hosts.get(server)
    if packed is None:
        problem = result.problem if result is not None else None
        found.problems[server] = problem or Problem("audit-collect.not-asked", subject=server)
        return
    try:
        texts = observation.unpack(packed)
        problem = unfit(server, texts, key, begun)
    except observation.UnusableError as error:
        problem = Problem("audit-collect.unusable", subject=server, context={"detail": str(error)})
    if problem is not None:
        found.problems[server] = problem
        return
    found.files |= observation.placed(server, texts)


def unfit(server: str, texts: Mapping[str, bytes], key: str, begun: Beginning) -> Problem | None:
    """Why an observation wouldn't stand in the bundle: another key's, another time's, or not canonical."""
    try:
        sshsig.verify(texts["index.json"], texts["index.json.sig"], NAMESPACE, [sshsig.public_key(key)])
    except ValueError:
        return Problem("audit-collect.other-key", subject=server)
    if not all(canonical.is_canonical(text) for path, text in texts.items() if path.endswith(".json")):
        return Problem("audit-collect.unusable", subject=server, context={"detail": "JSON"})
    index: dict[str, Any] = canonical.loads(texts["index.json"])
    own = {"audit": begun.id, "nonce": begun.nonce, "server": server}
    if any(index.get(name) != value for name, value in own.items()):
        return Problem("audit-collect.other-audit", subject=server)
    collected = str(index.get("collected", ""))
    if not begun.began <= collected <= now():
        context: dict[str, object] = {"collected": collected, "began": begun.began}
        return Problem("audit-collect.clock", subject=server, context=context)
    return None
