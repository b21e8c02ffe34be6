"""Where a server's key and a municipality's data physically are: what `location` judges, as findings."""

from __future__ import annotations

from typing import Any

from provisioner.audit.bundle import layout
from provisioner.audit.controls.case import Case, UnreadableError
from provisioner.audit.controls.finding import (
    INCONCLUSIVE,
    NOT_CHECKED,
    NOT_SATISFIED,
    SATISFIED,
    Outcome,
    unchecked,
    unsure,
)
from provisioner.audit.location import judging, possession

VERDICTS = {
    judging.PROVEN: SATISFIED,
    judging.NOT_DISPROVED: INCONCLUSIVE,
    judging.DISPROVED: NOT_SATISFIED,
    judging.INCONCLUSIVE: INCONCLUSIVE,
    judging.NOT_CHECKED: NOT_CHECKED,
}
_REASONS = {
    judging.PROVEN: "location-proven",
    judging.NOT_DISPROVED: "location-not-disproved",
    judging.DISPROVED: "location-disproved",
    judging.INCONCLUSIVE: "location-inconclusive",
    judging.NOT_CHECKED: "location-not-measured",
}
_POSSESSION = {
    judging.NOT_DISPROVED: "possession-within",
    judging.INCONCLUSIVE: "possession-inconclusive",
    judging.NOT_CHECKED: "possession-not-asked",
}
_CHALLENGE = {"possession": "answered"}


def key(case: Case, server: str) -> Outcome:
    """NC-LOC-01, at the speed of light in vacuum; what glass would allow is told beside it."""
    pinned = case.one("servers", server)["ssh_host_key"]
    twins = sorted(one["id"] for one in case.consortium["servers"] if one["ssh_host_key"] == pinned)
    paths = case.measurements(server)
    if not paths:
        return unchecked("location-not-measured", {}, {"location": judging.PROVEN})
    if len(twins) > 1:
        # One key on two machines: which of them answered can't be told.
        return unsure("location-key-shared", {"servers": twins}, {"location": judging.PROVEN})
    inner = case.document(layout.BOUNDARY_INNER, dict)
    outer = case.document(layout.BOUNDARY_OUTER, dict)
    measured: list[dict[str, Any]] = [case.document(path, dict) for path in paths]
    try:
        said = judging.judge(server, case.consortium, case.audit, measured, (inner, outer))
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, IndexError, StopIteration):
        raise UnreadableError(paths[0], ".") from None
    observed = {
        "location": said.strict.verdict,
        "location_fibre": said.fibre.verdict,
        "detail": said.strict.reason,
        "margin_km": said.strict.margin_km,
        "rounds": said.rounds,
        "vantage_points": sorted(one.vantage_point for one in said.strict.disks),
        "refused": sorted(f"{one.vantage_point}: {one.reason}" for one in said.refused),
    }
    expected = {"location": judging.PROVEN}
    return Outcome(VERDICTS[said.strict.verdict], _REASONS[said.strict.verdict], observed, expected)


def data(case: Case, code: str) -> Outcome:
    """NC-LOC-02. Never better than inconclusive: that the answers are of that data, only its owner can tell."""
    # Accounts alone have no folder of their own to be asked about.
    homes = [server for server, said in case.homes(code).items() if said["paths"]]
    asked = {server: case.has(layout.possession(server, code)) for server in homes}
    if not any(asked.values()):
        return unchecked("possession-not-asked", {"servers": sorted(homes)}, _CHALLENGE)
    said = []
    for server, there in sorted(asked.items()):
        documents = [case.document(layout.possession(server, code), dict)] if there else []
        try:
            said.append(possession.judge(server, code, case.consortium, case.audit, documents))
        except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, StopIteration):
            raise UnreadableError(layout.possession(server, code), ".") from None
    worst = max(said, key=lambda one: one.verdict != judging.NOT_DISPROVED)
    observed = {
        "servers": sorted(homes),
        "detail": [one.reason for one in said],
        "strict_km": worst.strict_km,
        "fibre_km": worst.fibre_km,
    }
    return Outcome(VERDICTS[worst.verdict], _POSSESSION[worst.verdict], observed, _CHALLENGE)
