"""One audit as its readers see it: who is concerned, by which findings. Believes the findings as stored;
`nuage audit verify` is what re-derives them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

VERDICTS = ("not-satisfied", "inconclusive", "not-checked", "satisfied")
"""The gravest first: what decides when several findings answer one question."""
_TENANTS = "tenants"


@dataclass(frozen=True)
class Subject:
    """What a finding is about. ``kind``: consortium, operator, site, server or municipality."""

    kind: str
    id: str


_CONSORTIUM = Subject("consortium", "")


@dataclass(frozen=True)
class Finding:
    """One control judged for one subject."""

    control: str
    subject: Subject
    verdict: str
    reason: str
    observed: Mapping[str, Any]
    expected: Mapping[str, Any]
    evidence: tuple[str, ...]

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Finding:
        """A finding as findings.json has it."""
        return cls(
            control=stored["control"],
            subject=Subject(stored["subject"]["kind"], stored["subject"]["id"]),
            verdict=stored["verdict"],
            reason=stored.get("reason") or "",
            observed=stored.get("observed") or {},
            expected=stored.get("expected") or {},
            evidence=tuple(stored.get("evidence") or ()),
        )


class Dossier:
    """A bundle's parsed documents, by path, and what follows from them."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self.documents = documents
        self.audit: Mapping[str, Any] = documents["audit.json"]
        self.consortium: Mapping[str, Any] = documents["specs/consortium.json"]

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All of them, in the bundle's order."""
        return tuple(Finding.of(one) for one in self.documents["findings.json"]["findings"])

    @cached_property
    def municipalities(self) -> dict[str, Mapping[str, Any]]:
        """What is judged of each tenant, by code."""
        return {
            code: self.documents[f"specs/municipalities/{code}.json"]
            for code in sorted(self.audit["subjects"]["municipalities"])
        }

    @cached_property
    def homes(self) -> dict[str, tuple[str, ...]]:
        """Servers on which each municipality was observed, by code."""
        found: dict[str, list[str]] = {code: [] for code in self.municipalities}
        for path in sorted(self.documents):
            parts = path.split("/")
            if len(parts) == 5 and parts[3] == _TENANTS:
                found.setdefault(parts[4].removesuffix(".json"), []).append(parts[2])
        return {code: tuple(servers) for code, servers in found.items()}

    def name(self, subject: Subject) -> str:
        """What people call it; its identifier where it has no name."""
        if subject.kind == "municipality":
            return str(self.municipalities.get(subject.id, {}).get("name", subject.id))
        if subject.kind == "consortium":
            return str(self.consortium["name"])
        known = self._by_id(f"{subject.kind}s").get(subject.id, {})
        return str(known.get("name") or known.get("city") or subject.id)

    def site(self, server: str) -> Mapping[str, Any]:
        """The building of a server; empty where the spec has none."""
        return self._by_id("sites").get(self._by_id("servers").get(server, {}).get("site", ""), {})

    def operator(self, server: str) -> Mapping[str, Any]:
        """Who runs the building of a server."""
        return self._by_id("operators").get(self.site(server).get("operator", ""), {})

    def sites(self, code: str) -> tuple[Mapping[str, Any], ...]:
        """The buildings that a municipality's data is declared in, each once."""
        return _once(self.site(server) for server in self.homes.get(code, ()))

    def operators(self, code: str) -> tuple[Mapping[str, Any], ...]:
        """Who runs those buildings, each once."""
        return _once(self.operator(server) for server in self.homes.get(code, ()))

    def about(self, code: str) -> tuple[Finding, ...]:
        """The findings that a municipality depends on: its own, its servers', their sites' and operators', and
        the consortium's."""
        return tuple(
            sorted(
                (
                    finding
                    for subject in self._concerned(code)
                    for finding in self._by_subject.get(subject, ())
                ),
                key=lambda one: (one.control, one.subject.kind, one.subject.id),
            )
        )

    @cached_property
    def _by_subject(self) -> dict[Subject, list[Finding]]:
        found: dict[Subject, list[Finding]] = {}
        for finding in self.findings:
            # The consortium is one, whatever a finding calls it.
            subject = finding.subject if finding.subject.kind != "consortium" else _CONSORTIUM
            found.setdefault(subject, []).append(finding)
        return found

    def _concerned(self, code: str) -> set[Subject]:
        return {
            _CONSORTIUM,
            Subject("municipality", code),
            *(Subject("server", server) for server in self.homes.get(code, ())),
            *(Subject("site", str(site["id"])) for site in self.sites(code)),
            *(Subject("operator", str(operator["id"])) for operator in self.operators(code)),
        }

    @cached_property
    def _indexes(self) -> dict[str, dict[str, Mapping[str, Any]]]:
        return {
            kind: {entry["id"]: entry for entry in self.consortium.get(kind, ())}
            for kind in ("operators", "sites", "servers")
        }

    def _by_id(self, kind: str) -> dict[str, Mapping[str, Any]]:
        return self._indexes.get(kind, {})


def file_name(identifier: str) -> str:
    """An identifier of a bundle as part of a file's name or a style's: it leads nowhere else and means nothing more."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", identifier)


def worst(verdicts: Iterable[str]) -> str:
    """The gravest verdict; `not-checked` when there is none, since silence is never a pass."""
    return min(verdicts, key=VERDICTS.index, default="not-checked")


def _once(entries: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    return tuple({entry["id"]: entry for entry in entries if entry}.values())
