"""Two audits of the same consortium, one after the other; the second one measured how far srv1 is."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

from provisioner.audit.exporting.dossier import Dossier
from tests.unit.audit import bundles
from tests.unit.audit.location import simulated

BAD = {
    ("NC-LOC-01", "srv1"): ("inconclusive", {"reason": "location-not-disproved"}),
    ("NC-LOC-02", "01023"): ("not-checked", {"reason": "possession-not-asked"}),
    ("NC-STO-02", "srv1"): (
        "not-satisfied",
        {"reason": "backup-undeclared", "observed": {"undeclared": ["sauvegarde.example.com"]}},
    ),
    ("NC-PRI-02", "01023"): ("not-satisfied", {"reason": "assessment-missing"}),
    ("NC-PRI-02", "82005"): ("not-satisfied", {"reason": "assessment-missing"}),
}
POINTS = {"universite": ((45.38, -71.93), 0.42), "montreal": ((45.5, -73.57), 1.55)}
"""Vantage points: where they are, and the least round trip in ms."""


def now() -> Dossier:
    """Two requirements fail, one is open and one wasn't checked."""
    return Dossier(bundles.documents(bundles.findings(BAD)) | copy.deepcopy(measured()))


def before() -> Dossier:
    """The backups were as declared; an update was late."""
    bad = {key: value for key, value in BAD.items() if key[0] != "NC-STO-02"}
    bad["NC-PAT-01", "srv2"] = ("not-satisfied", {"reason": "updates-late"})
    return Dossier(
        bundles.documents(bundles.findings(bad), bundles.BEFORE, "2026-08-20T14:12:09Z", previous=None)
    )


@cache
def measured() -> dict[str, Any]:
    """The measurements, the spec that they refer to, and the boundaries."""
    spec = bundles.consortium()
    spec["servers"][0]["ssh_host_key"] = simulated.public(simulated.HOST_KEY)
    spec["audit"] = {"vantage_points": [simulated.point(at, id_=name) for name, (at, _) in POINTS.items()]}
    audit = {"id": bundles.AUDIT, "nonce": "7e" * 32}
    found: dict[str, Any] = {
        "specs/consortium.json": spec,
        "boundary/inner.json": simulated.INNER,
        "boundary/outer.json": simulated.OUTER,
    }
    for name, (_, least) in POINTS.items():
        exchange = simulated.Exchange([least + 0.01 * (n % 7) for n in range(200)], audit=audit)
        found[f"measurements/srv1/{name}.json"] = exchange.document(vantage_point=name)
    return found
