"""Brings them back, a few at a time: a place on the other server, the copy, then what the place asks of it anew.

The lock says what is still to do, and is written after each step: a run that was interrupted is taken up by the next.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from provisioner import backups, deployment, workflow
from provisioner.errors import Problem
from provisioner.execution.runner import EventHandler, Run
from provisioner.inventory.vault_password import vault_password
from provisioner.planning.lock import Awaited, Lock
from provisioner.planning.model import Consent
from provisioner.rebuilding import record
from provisioner.workflow import Prepared


@dataclass(frozen=True)
class Ended:
    """What became of one inventory host. ``figures`` are those that the server told of the restore."""

    host: str
    server: str
    problem: Problem | None
    figures: Mapping[str, Any]


@dataclass
class Carrying:
    """One run, with the specs that it began with. The caller holds the folder's lock."""

    folder: Path
    prepared: Prepared
    options: deployment.Options
    on_event: EventHandler

    def settle(self, consent: Consent) -> None:
        """Their new places, in the lock and in the inventory; and the servers ready for them.

        Raises:
            RefusedError: the plan has refusals.
        """
        self._plan(self.prepared.lock, consent)
        # Keepers let no lost server in from now on, and new servers get what all have.
        stopped(deployment.run_playbook(self.folder, "servers.yml", self.options, self.on_event))

    def bring_back(self, hosts: Sequence[str], at_once: int) -> Iterator[Ended]:
        """In this order, ``at_once`` municipalities together; the failure of one stops no other."""
        codes = list(dict.fromkeys(host[:5] for host in hosts))
        for first in range(0, len(codes), at_once):
            some = codes[first : first + at_once]
            yield from self._together(self._awaiting([host for host in hosts if host[:5] in some]))

    def _together(self, waiting: Mapping[str, Awaited]) -> list[Ended]:
        began = time.monotonic()
        empty = {host: awaits for host, awaits in waiting.items() if not awaits.back}
        problems = self._converge(empty)
        figures = self._restore({host: empty[host] for host in empty if host not in problems}, problems)
        rest = [host for host in waiting if host not in problems]
        problems |= self._converge(rest)
        ended = []
        for host, awaits in waiting.items():
            server = self.prepared.lock.placements[host].server
            ended.append(Ended(host, server, problems.get(host), figures.get(host, {})))
            told = _told(ended[-1], round(time.monotonic() - began, 2))
            record.note(self.folder, host, server, awaits, told)
        # After the record: what is in it twice was done twice.
        self._mark(dict.fromkeys(host for host in rest if host not in problems))
        return ended

    def _converge(self, hosts: Iterable[str]) -> dict[str, Problem]:
        """What went wrong, by inventory host: with it, or with what else its municipality has."""
        only = frozenset(host[:5] for host in hosts)
        if not only:
            return {}
        done = stopped(
            deployment.run_playbook(self.folder, "site.yml", self.options, self.on_event, only=only)
        )
        beside = {
            result.host[:5]: result.problem
            for result in done.results.hosts.values()
            if result.failed and result.host != result.server and result.problem is not None
        }
        found = _problems(done, hosts)
        return {host: beside[host[:5]] for host in hosts if host[:5] in beside} | found

    def _restore(
        self, waiting: Mapping[str, Awaited], problems: dict[str, Problem]
    ) -> dict[str, dict[str, Any]]:
        """What each of them said; the failures go to ``problems``."""
        if not waiting:
            return {}
        copies = {host: awaits.snapshot for host, awaits in waiting.items()}
        asked = {"do": "restore", "hosts": sorted(waiting), "copies": copies}
        only = frozenset(host[:5] for host in waiting)
        done = backups.carry_out(self.folder, self.options, asked, self.on_event, only=only)
        back = {host: one for host, one in done.results.backups.items() if host in waiting}
        untold = {host: Problem("apply.not-reached", subject=host) for host in waiting if host not in back}
        problems |= untold | _problems(done, untold)
        self._mark({host: waiting[host].model_copy(update={"back": True}) for host in back})
        return back

    def _awaiting(self, hosts: Iterable[str]) -> dict[str, Awaited]:
        placements = self.prepared.lock.placements
        found = {host: placements[host].awaits for host in hosts}
        return {host: awaits for host, awaits in found.items() if awaits is not None}

    def _mark(self, awaits: Mapping[str, Awaited | None]) -> None:
        """Write how far these are."""
        if not awaits:
            return
        lock = self.prepared.lock
        placements = {
            host: placed.model_copy(update={"awaits": awaits[host]}) if host in awaits else placed
            for host, placed in lock.placements.items()
        }
        self._plan(lock.model_copy(update={"placements": placements}))

    def _plan(self, lock: Lock, consent: Consent | None = None) -> None:
        planned = workflow.replanned(replace(self.prepared, lock=lock), consent)
        workflow.carry_out(planned, lambda: vault_password(os.environ))
        self.prepared = replace(planned, lock=workflow.lock_of(self.folder))


def stopped(done: Run) -> Run:
    """The same run, unless a person stopped it.

    Raises:
        KeyboardInterrupt: one did.
    """
    if done.status == "canceled":
        raise KeyboardInterrupt
    return done


def _problems(done: Run, hosts: Iterable[str]) -> dict[str, Problem]:
    """Of those that failed, or that the run knows nothing of."""
    found: dict[str, Problem] = {}
    for host in hosts:
        result = done.results.hosts.get(host)
        if result is None or result.failed:
            told = result.problem if result is not None else None
            found[host] = told or Problem("apply.not-reached", subject=host)
    return found


def _told(ended: Ended, seconds: float) -> dict[str, object]:
    if ended.problem is not None:
        return {"good": False, "key": ended.problem.key, "seconds": seconds}
    rows = sum(sum(tables.values()) for tables in ended.figures.get("rows", {}).values())
    return {"good": True, "files": ended.figures.get("files", 0), "rows": rows, "seconds": seconds}
