"""OSCAL assessment-results 1.2: the same bundle always gives the same bytes, every identifier a UUIDv5.

OSCAL's findings are satisfied or not; what is inconclusive or wasn't checked is `not-satisfied` with the reason
`other`, remarks that say so, and the true verdict as a property. It is never a pass.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from provisioner.audit.bundle import canonical
from provisioner.audit.exporting.dossier import Dossier, Finding, Subject
from provisioner.audit.exporting.words import Words

VERSION = "1.2.1"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:nuage-commun:audit")
PROPERTIES = "urn:nuage-commun:oscal"
_REASONS = {"satisfied": "pass", "not-satisfied": "fail"}
_TYPES = {"site": "location", "server": "component"}

Json = dict[str, Any]


def oscal(dossier: Dossier, words: Words) -> bytes:
    """The document, as canonical JSON."""
    return canonical.dumps({"assessment-results": _Export(dossier, words).document()})


class _Export:
    def __init__(self, dossier: Dossier, words: Words) -> None:
        self.dossier, self.words = dossier, words
        self.audit = str(dossier.audit["id"])

    def document(self) -> Json:
        words, plan = self.words, self._id("plan", str(self.dossier.audit["plan_digest"]))
        title = words("audit-report.title") + " · " + str(self.dossier.audit["consortium"])
        kinds = ("consortium", "operator", "municipality")
        return {
            "uuid": self._id("assessment-results"),
            "metadata": {
                "title": title,
                "last-modified": self.dossier.audit["ended"],
                "version": self.audit,
                "oscal-version": VERSION,
                "props": [_property("language", words.language)],
                **_some("locations", [self._place(one) for one in self._subjects() if one.kind == "site"]),
                **_some("parties", [self._party(one) for one in self._subjects() if one.kind in kinds]),
            },
            "import-ap": {"href": f"#{plan}", "remarks": words("audit-report.oscal-plan")},
            "results": [self._result()],
            "back-matter": {"resources": [self._plan(plan), *self._evidence()]},
        }

    def _result(self) -> Json:
        words, findings = self.words, self.dossier.findings
        controls = sorted({one.control for one in findings})
        servers = [self._component(one) for one in self._subjects() if one.kind == "server"]
        return {
            "uuid": self._id("result"),
            "title": words("audit-report.audited", day=words.day(str(self.dossier.audit["ended"]))),
            "description": words("audit-report.subtitle"),
            "start": self.dossier.audit["began"],
            "end": self.dossier.audit["ended"],
            **({"local-definitions": {"components": servers}} if servers else {}),
            "reviewed-controls": {
                "control-selections": [
                    {"include-controls": [{"control-id": _token(one)} for one in controls]}
                    if controls
                    else {"include-all": {}}
                ]
            },
            **_some("observations", [self._observation(one) for one in findings]),
            **_some("findings", [self._finding(one) for one in findings]),
            "remarks": words("audit-report.limits-short"),
        }

    def _observation(self, one: Finding) -> Json:
        values = {"observed": one.observed, "expected": one.expected}
        links = [
            {"href": f"#{self._id('evidence', path)}", "description": path}
            for path in dict.fromkeys(one.evidence)
        ]
        return {
            "uuid": self._id("observation", one.control, one.subject.kind, one.subject.id),
            "title": self.words.control(one.control),
            "description": self._said(one),
            "methods": ["UNKNOWN" if one.verdict == "not-checked" else "TEST"],
            "types": ["finding"],
            "subjects": [
                {
                    "subject-uuid": self._subject(one.subject),
                    "type": _TYPES.get(one.subject.kind, "party"),
                    "title": self.dossier.name(one.subject),
                }
            ],
            **_some("relevant-evidence", links),
            "collected": self.dossier.audit["ended"],
            "remarks": canonical.dumps(values).decode().strip(),
        }

    def _finding(self, one: Finding) -> Json:
        status: Json = {
            "state": "satisfied" if one.verdict == "satisfied" else "not-satisfied",
            "reason": _REASONS.get(one.verdict, "other"),
        }
        if one.verdict not in _REASONS:
            status["remarks"] = self.words(f"audit-report.means-{one.verdict}") + " " + self._said(one)
        return {
            "uuid": self._id("finding", one.control, one.subject.kind, one.subject.id),
            "title": f"{self.words.control(one.control)} · {self.dossier.name(one.subject)}",
            "description": self._said(one),
            "props": [_property("verdict", one.verdict)],
            "target": {"type": "objective-id", "target-id": _token(one.control), "status": status},
            "related-observations": [
                {"observation-uuid": self._id("observation", one.control, one.subject.kind, one.subject.id)}
            ],
        }

    def _said(self, one: Finding) -> str:
        return self.words.reason(one) or self.words(f"audit-report.means-{one.verdict}")

    def _subjects(self) -> Sequence[Subject]:
        found = {one.subject for one in self.dossier.findings}
        return sorted(found, key=lambda one: (one.kind, one.id))

    def _party(self, one: Subject) -> Json:
        kind = self.words(f"audit-controls.kind-{one.kind}")
        return {
            "uuid": self._subject(one),
            "type": "organization",
            "name": self.dossier.name(one),
            "props": [_property("kind", one.kind), _property("id", one.id)],
            "remarks": kind,
        }

    def _place(self, one: Subject) -> Json:
        return {
            "uuid": self._subject(one),
            "title": self.dossier.name(one),
            "props": [_property("id", one.id)],
        }

    def _component(self, one: Subject) -> Json:
        return {
            "uuid": self._subject(one),
            "type": "hardware",
            "title": self.dossier.name(one),
            "description": self.words.subject(self.dossier, one),
            "props": [_property("id", one.id)],
            "status": {"state": "operational"},
        }

    def _plan(self, identifier: str) -> Json:
        digest = str(self.dossier.audit["plan_digest"])
        return {
            "uuid": identifier,
            "title": self.words("audit-report.oscal-plan"),
            "props": [_property("plan-digest", digest)],
        }

    def _evidence(self) -> list[Json]:
        paths = sorted({path for one in self.dossier.findings for path in one.evidence})
        return [
            {"uuid": self._id("evidence", path), "title": path, "rlinks": [{"href": path}]} for path in paths
        ]

    def _subject(self, one: Subject) -> str:
        # The same in every audit, so that results can be compared.
        return str(uuid.uuid5(NAMESPACE, f"subject {one.kind} {one.id}"))

    def _id(self, *parts: str) -> str:
        return str(uuid.uuid5(NAMESPACE, " ".join((self.audit, *parts))))


def _property(name: str, value: str) -> Json:
    return {"name": name, "ns": PROPERTIES, "value": value or "-"}


def _some(name: str, entries: Sequence[Json]) -> Json:
    """OSCAL has no empty lists."""
    return {name: list(entries)} if entries else {}


def _token(control: str) -> str:
    return control.lower()
