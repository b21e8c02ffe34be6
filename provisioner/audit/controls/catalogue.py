"""The controls: stable identifiers, who they speak of, why they exist. Their words are in `audit-controls`."""

from __future__ import annotations

from dataclasses import dataclass

CONSORTIUM, OPERATOR, SITE = "consortium", "operator", "site"
SERVER, MUNICIPALITY = "server", "municipality"
KINDS = (CONSORTIUM, OPERATOR, SITE, SERVER, MUNICIPALITY)
HIGH, MEDIUM, LOW = "high", "medium", "low"

THEMES = (
    "location",
    "operators",
    "data",
    "flows",
    "encryption",
    "access",
    "software",
    "updates",
    "logs",
    "privacy",
)
"""The questions that a council member asks."""

SOURCES = ("a21-8", "a21-63-1", "a21-63-5", "a21-67-3", "a21-70-1", "a21-73", "policy", "clauses")
"""Loi sur l'accès (RLRQ, c. A-2.1) by section; `policy` of consortium.yml; `clauses` of `nuage clauses`."""

OBJECTIVES = ("SOV-1", "SOV-2", "SOV-3", "SOV-4", "SOV-5", "SOV-6", "SOV-7", "SOV-8")
"""Of the EU Cloud Sovereignty Framework 1.2.1; no control speaks to SOV-8 (environment)."""


@dataclass(frozen=True)
class Control:
    """One requirement. An identifier never changes its meaning and is never given again."""

    id: str
    kind: str
    """Of the subjects that it is judged for."""
    theme: str
    severity: str
    sources: tuple[str, ...]
    objectives: tuple[str, ...]


CONTROLS = (
    Control("NC-RES-01", SITE, "location", HIGH, ("a21-70-1", "policy", "clauses"), ("SOV-3",)),
    Control("NC-RES-02", MUNICIPALITY, "location", HIGH, ("a21-70-1", "clauses"), ("SOV-3",)),
    Control("NC-LOC-01", SERVER, "location", HIGH, ("a21-70-1", "clauses"), ("SOV-3",)),
    Control("NC-LOC-02", MUNICIPALITY, "location", MEDIUM, ("a21-70-1", "clauses"), ("SOV-3",)),
    Control("NC-OWN-01", OPERATOR, "operators", HIGH, ("policy", "clauses"), ("SOV-1", "SOV-2")),
    Control("NC-OWN-02", OPERATOR, "operators", HIGH, ("policy", "clauses"), ("SOV-1", "SOV-2")),
    Control("NC-OWN-03", OPERATOR, "operators", HIGH, ("a21-70-1", "policy", "clauses"), ("SOV-2",)),
    Control("NC-OWN-04", SERVER, "operators", MEDIUM, ("a21-70-1", "policy"), ("SOV-1", "SOV-2")),
    Control("NC-STO-01", MUNICIPALITY, "data", HIGH, ("a21-70-1", "a21-63-1"), ("SOV-3",)),
    Control("NC-STO-02", SERVER, "data", HIGH, ("a21-70-1", "clauses"), ("SOV-3",)),
    Control("NC-BAK-01", MUNICIPALITY, "data", HIGH, ("a21-63-1", "clauses"), ("SOV-3", "SOV-7")),
    Control("NC-BAK-02", SERVER, "data", MEDIUM, ("a21-63-1", "clauses"), ("SOV-7",)),
    Control("NC-FLO-01", SERVER, "flows", HIGH, ("a21-67-3", "a21-70-1", "policy"), ("SOV-3", "SOV-4")),
    Control("NC-FLO-02", SERVER, "flows", HIGH, ("a21-67-3", "a21-70-1", "policy"), ("SOV-2", "SOV-3")),
    Control("NC-FLO-03", SERVER, "flows", HIGH, ("a21-67-3", "a21-70-1"), ("SOV-3", "SOV-7")),
    Control("NC-FLO-04", SERVER, "flows", HIGH, ("a21-63-1",), ("SOV-3", "SOV-7")),
    Control("NC-FLO-05", MUNICIPALITY, "flows", HIGH, ("a21-67-3", "a21-70-1"), ("SOV-3",)),
    Control("NC-FLO-06", MUNICIPALITY, "flows", MEDIUM, ("a21-63-1", "a21-70-1"), ("SOV-3", "SOV-5")),
    Control("NC-FLO-07", MUNICIPALITY, "flows", MEDIUM, ("a21-67-3", "a21-70-1"), ("SOV-3", "SOV-5")),
    Control("NC-FLO-08", MUNICIPALITY, "flows", MEDIUM, ("a21-63-1", "a21-70-1"), ("SOV-3",)),
    Control("NC-FLO-09", MUNICIPALITY, "flows", HIGH, ("a21-67-3", "a21-70-1"), ("SOV-3",)),
    Control("NC-FLO-10", CONSORTIUM, "flows", LOW, ("policy",), ("SOV-2", "SOV-5")),
    Control("NC-ENC-01", SERVER, "encryption", MEDIUM, ("a21-63-1",), ("SOV-3", "SOV-7")),
    Control("NC-ENC-02", SERVER, "encryption", HIGH, ("a21-63-1", "clauses"), ("SOV-3",)),
    Control("NC-ENC-03", MUNICIPALITY, "encryption", MEDIUM, ("a21-63-1",), ("SOV-3", "SOV-7")),
    Control("NC-ENC-04", SERVER, "encryption", MEDIUM, ("a21-63-1",), ("SOV-3",)),
    Control("NC-ACC-01", SERVER, "access", HIGH, ("a21-63-1", "clauses"), ("SOV-3", "SOV-4", "SOV-7")),
    Control("NC-ACC-02", SERVER, "access", HIGH, ("a21-63-1",), ("SOV-7",)),
    Control("NC-ACC-03", SERVER, "access", HIGH, ("a21-63-1",), ("SOV-3", "SOV-7")),
    Control("NC-ACC-04", MUNICIPALITY, "access", MEDIUM, ("a21-63-1",), ("SOV-3", "SOV-7")),
    Control("NC-ACC-05", SERVER, "access", MEDIUM, ("a21-63-1",), ("SOV-3", "SOV-7")),
    Control("NC-SOF-01", SERVER, "software", MEDIUM, ("policy", "clauses"), ("SOV-5", "SOV-6")),
    Control("NC-SOF-02", SERVER, "software", LOW, ("policy", "clauses"), ("SOV-5", "SOV-6")),
    Control("NC-SOF-03", MUNICIPALITY, "software", MEDIUM, ("policy", "clauses"), ("SOV-5", "SOV-6")),
    Control("NC-PAT-01", SERVER, "updates", HIGH, ("a21-63-1", "clauses"), ("SOV-7",)),
    Control("NC-PAT-02", SERVER, "updates", MEDIUM, ("a21-63-1",), ("SOV-7",)),
    Control("NC-LOG-01", SERVER, "logs", MEDIUM, ("a21-73", "a21-63-1"), ("SOV-3", "SOV-7")),
    Control("NC-LOG-02", MUNICIPALITY, "logs", MEDIUM, ("a21-73", "a21-63-1"), ("SOV-3", "SOV-7")),
    Control("NC-PRI-01", MUNICIPALITY, "privacy", MEDIUM, ("a21-8",), ("SOV-2",)),
    Control("NC-PRI-02", MUNICIPALITY, "privacy", MEDIUM, ("a21-63-5", "a21-70-1"), ("SOV-2", "SOV-3")),
)

BY_ID = {control.id: control for control in CONTROLS}


def of_kind(kind: str) -> tuple[Control, ...]:
    """The controls that are judged for subjects of one kind, by identifier."""
    return tuple(control for control in CONTROLS if control.kind == kind)
