"""What became of each server and municipality in a run, gathered from Ansible's events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from provisioner.errors import Problem


class Outcome(StrEnum):
    """The end of one host's part in a run."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    INTERRUPTED = "interrupted"


@dataclass
class HostResult:
    """What is known so far of one inventory host."""

    host: str
    server: str
    outcome: Outcome = Outcome.UNCHANGED
    stale: bool = False
    recorded: bool = False
    role: str = ""
    """Short name of the role at work, such as `server_database`; empty between roles."""
    changes: list[str] = field(default_factory=list)
    diffs: list[dict[str, Any]] = field(default_factory=list)
    problem: Problem | None = None
    record: Mapping[str, Any] = field(default_factory=dict)
    upgrade: Mapping[str, Any] = field(default_factory=dict)
    """The release that it is going over to, and how far it is."""

    @property
    def failed(self) -> bool:
        """Whether this host isn't as asked."""
        return self.outcome in (Outcome.FAILED, Outcome.UNREACHABLE, Outcome.INTERRUPTED)


class Results:
    """Folds ansible-runner's events into one result per host. ``servers`` maps each host to its server."""

    def __init__(self, servers: Mapping[str, str]) -> None:
        self.hosts = {host: HostResult(host, server) for host, server in sorted(servers.items())}
        self.observed: dict[str, dict[str, Any]] = {}
        self.breakglass: dict[str, list[dict[str, Any]]] = {}
        self.people: dict[str, list[dict[str, Any]]] = {}
        self.backups: dict[str, dict[str, Any]] = {}
        """What `backup_job` answered, by municipality's host."""
        self.exports: dict[str, dict[str, Any]] = {}
        """What `export_job` holds, by municipality's host."""
        self.traces: dict[str, dict[str, Any]] = {}
        """What `departure_traces` looked at and found, by municipality's host."""
        self.debian: dict[str, dict[str, Any]] = {}
        """What `debian_upgrade` did, by server."""
        self.observations: dict[str, str] = {}
        """What `audit_observation` packed, by server."""

    def add(self, event: Mapping[str, Any]) -> HostResult | None:
        """Take one event in; returns the host that it changed, for a display."""
        data = event.get("event_data") or {}
        result = self.hosts.get(data.get("host", ""))
        if result is None:
            return None
        kind = event.get("event")
        self._put_aside((data.get("res") or {}).get("quarantined") or {}, result.server)
        if kind == "runner_on_start":
            result.role = data.get("role", "").rpartition(".")[2]
        elif kind == "runner_on_ok":
            self._succeeded(result, data)
        elif kind == "runner_on_failed" and not data.get("ignore_errors"):
            self._debian(result, data)
            result.outcome = Outcome.FAILED
            result.problem = _failure(result.host, data)
        elif kind == "runner_on_unreachable":
            result.outcome = Outcome.UNREACHABLE
            result.problem = _unreachable(result.host, data)
        else:
            return None
        return result

    def _succeeded(self, result: HostResult, data: Mapping[str, Any]) -> None:
        res = data.get("res") or {}
        if "stale" in res and "records" in res:
            self._observe(result.host, res)
        if "record" in res:
            result.recorded = True
        if "upgrade" in res:
            result.upgrade = dict(res["upgrade"])
        self._answered(result.host, res)
        self._debian(result, data)
        if not res.get("changed"):
            return
        result.changes.append(data.get("task", ""))
        differences = res.get("diff") or []
        result.diffs += differences if isinstance(differences, list) else [differences]
        if result.outcome is Outcome.UNCHANGED:
            result.outcome = Outcome.CHANGED

    def _answered(self, host: str, res: Mapping[str, Any]) -> None:
        if "breakglass" in res:
            self.breakglass[host] = list(res["breakglass"])
        if "backup" in res:
            self.backups[host] = dict(res["backup"])
        if "export" in res:
            self.exports[host] = dict(res["export"])
        if "traces" in res:
            self.traces[host] = dict(res["traces"])
        if "people" in res:
            self.people[host] = list(res["people"])
        if "observation" in res:
            self.observations[host] = str(res["observation"])

    def _debian(self, result: HostResult, data: Mapping[str, Any]) -> None:
        """Also of a server that isn't well after it."""
        found = (data.get("res") or {}).get("debian")
        if found:
            self.debian[result.host] = dict(found)

    def _put_aside(self, broken: Mapping[str, str], server: str) -> None:
        """A drop-in that broke is its owner's failure, whoever's turn it was when that was found."""
        for name, why in broken.items():
            for owner in self.hosts.values():
                if owner.server == server and owner.host.partition("-")[0] == name[:5]:
                    owner.outcome = Outcome.FAILED
                    context: dict[str, object] = {"detail": why, "task": "", "host": owner.host}
                    owner.problem = Problem("apply.quarantined", subject=owner.host, context=context)

    def _observe(self, server: str, res: Mapping[str, Any]) -> None:
        self.observed[server] = dict(res)
        for host, record in res["records"].items():
            if host in self.hosts:
                self.hosts[host].record = record
        for host in res["stale"]:
            if host in self.hosts:
                self.hosts[host].stale = True

    def close(self, *, finished: bool, records: bool = True) -> None:
        """Settle what only the end of the run tells; ``records``: whether it was there to record digests."""
        for result in self.hosts.values():
            server = self.hosts.get(result.server)
            if server is not None and server.outcome is Outcome.UNREACHABLE and result is not server:
                result.outcome = Outcome.UNREACHABLE
                result.problem = Problem(
                    "apply.server-unreachable", subject=result.host, context={"server": server.host}
                )
            elif records and result.stale and not result.recorded and not result.failed:
                # Its digest wasn't recorded, so the next run takes it up again.
                result.outcome = Outcome.FAILED if finished else Outcome.INTERRUPTED
                result.problem = _not_recorded(result, server, finished=finished)
            elif result.stale and not result.record and result.outcome is Outcome.CHANGED:
                result.outcome = Outcome.CREATED


def _not_recorded(result: HostResult, server: HostResult | None, *, finished: bool) -> Problem:
    if server is not None and server is not result and server.outcome is Outcome.FAILED:
        return Problem("apply.server-failed", subject=result.host, context={"server": server.host})
    return Problem("apply.not-reached" if finished else "apply.interrupted", subject=result.host)


def _failure(host: str, data: Mapping[str, Any]) -> Problem:
    res = data.get("res") or {}
    detail = str(res.get("msg") or res.get("stderr") or res.get("exception") or "").strip()
    key = str(res.get("nuage_key") or "apply.task-failed")
    context = {
        **(res.get("nuage_context") or {}),
        "task": data.get("task", ""),
        "detail": detail,
        "host": host,
    }
    return Problem(key, subject=host, context=context)


def _unreachable(host: str, data: Mapping[str, Any]) -> Problem:
    detail = str((data.get("res") or {}).get("msg", "")).strip()
    wrong = "Host key verification failed" in detail or "IDENTIFICATION HAS CHANGED" in detail
    key = "apply.wrong-host-key" if wrong else "apply.unreachable"
    return Problem(
        key, subject=host, context={"detail": detail.splitlines()[-1] if detail else "", "host": host}
    )
