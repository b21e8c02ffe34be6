"""All findings from the documents of a bundle. Pure and deterministic: the same documents, the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from provisioner.audit.bundle import layout
from provisioner.audit.controls import (
    access,
    applications,
    calls,
    copies,
    encryption,
    flows,
    keeping,
    ownership,
    place,
    software,
    storage,
)
from provisioner.audit.controls import catalogue as named
from provisioner.audit.controls.case import Case, UnreadableError, UnseenError
from provisioner.audit.controls.finding import Finding, Outcome, unchecked, unsure

JUDGES: Mapping[str, Callable[[Case, str], Outcome]] = {
    "NC-RES-01": ownership.site,
    "NC-RES-02": ownership.home,
    "NC-LOC-01": place.key,
    "NC-LOC-02": place.data,
    "NC-OWN-01": ownership.operator,
    "NC-OWN-02": ownership.parent,
    "NC-OWN-03": ownership.foreign_law,
    "NC-OWN-04": ownership.carrier,
    "NC-STO-01": storage.paths,
    "NC-STO-02": storage.backups,
    "NC-BAK-01": copies.fresh,
    "NC-BAK-02": copies.drilled,
    "NC-FLO-01": flows.told,
    "NC-FLO-02": flows.registered_at_home,
    "NC-FLO-03": flows.connected,
    "NC-FLO-04": flows.firewall,
    "NC-FLO-05": calls.reached,
    "NC-FLO-06": calls.refused,
    "NC-FLO-07": applications.settings,
    "NC-FLO-08": calls.pages,
    "NC-FLO-09": calls.accounts,
    "NC-FLO-10": calls.authority,
    "NC-ENC-01": encryption.protocols,
    "NC-ENC-02": storage.at_rest,
    "NC-ENC-03": encryption.certificates,
    "NC-ENC-04": encryption.relay,
    "NC-ACC-01": access.keys,
    "NC-ACC-02": access.sshd,
    "NC-ACC-03": access.privileges,
    "NC-ACC-04": applications.administrators,
    "NC-ACC-05": access.logins,
    "NC-SOF-01": software.components,
    "NC-SOF-02": software.packages,
    "NC-SOF-03": software.extensions,
    "NC-PAT-01": keeping.updates,
    "NC-PAT-02": keeping.restart,
    "NC-LOG-01": keeping.logs,
    "NC-LOG-02": keeping.sign_in_logs,
    "NC-PRI-01": keeping.contact,
    "NC-PRI-02": keeping.assessment,
}
_LARGE = ("packages", "components", "destinations", "access", "system", "retention")
"""Topics that only their own server's controls read."""


def judge_all(documents: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Findings as `findings.json` has them, by control and subject: one for each control and subject of its kind.

    ``documents`` are the parsed JSON files of a bundle by path; each is asked for a few times at most.
    """
    case = Case(documents)
    found = sorted(_findings(case), key=lambda one: one.order)
    return [one.as_json() for one in found]


def _findings(case: Case) -> Iterator[Finding]:
    for kind, subjects in _subjects(case).items():
        for subject in subjects:
            for control in named.of_kind(kind):
                yield judge_one(case, control, subject)
            case.forget(_done_with(case, kind, subject))


def judge_one(case: Case, control: named.Control, subject: str) -> Finding:
    """The finding of one control on one subject."""
    case.read = set()
    try:
        outcome = JUDGES[control.id](case, subject)
    except UnseenError as error:
        outcome = unchecked(error.reason, {"missing": error.path}, {})
    except UnreadableError as error:
        outcome = unsure(error.reason, {"file": error.path, "place": error.place}, {})
    return Finding(control.id, control.kind, subject, outcome, tuple(sorted(case.read)))


def _subjects(case: Case) -> dict[str, list[str]]:
    """Everybody who is declared, named by the audit or observed, by kind: to leave somebody out takes all three."""
    operators, sites, servers = (_declared(case, kind) for kind in ("operators", "sites", "servers"))
    try:
        said = case.audit["subjects"]
    except (UnseenError, UnreadableError):
        said = {}
    observed = {path.split("/")[2] for path in case.paths("observations/servers/")}
    specs = {path.split("/")[-1].removesuffix(".json") for path in case.paths("specs/municipalities/")}
    return {
        named.CONSORTIUM: ["consortium"],
        named.OPERATOR: sorted({*operators, *said.get("operators", [])}),
        named.SITE: sorted({*sites, *said.get("sites", [])}),
        named.SERVER: sorted({*servers, *said.get("servers", []), *observed}),
        named.MUNICIPALITY: sorted({*specs, *said.get("municipalities", []), *case.known_municipalities()}),
    }


def _declared(case: Case, kind: str) -> list[str]:
    try:
        return [one["id"] for one in case.consortium[kind]]
    except (UnseenError, UnreadableError):
        return []


def _done_with(case: Case, kind: str, subject: str) -> Iterable[str]:
    if kind == named.SERVER:
        return [*(layout.topic(subject, name) for name in _LARGE), *case.measurements(subject)]
    if kind == named.MUNICIPALITY:
        return [
            layout.browser(subject),
            layout.municipality_spec(subject),
            *case.documents_of(subject),
        ]
    return ()
