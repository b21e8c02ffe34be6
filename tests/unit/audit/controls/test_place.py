"""What measurements say becomes a finding; a host key that changed proves nothing."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioner import messages
from provisioner.audit.controls.judge import judge_all
from provisioner.audit.location import measurement
from tests.unit.audit.controls import evidence
from tests.unit.audit.location import simulated
from tests.unit.audit.location.simulated import Exchange

ROUNDS = measurement.LEAST_ROUNDS
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32)


def measured(*exchanges: dict[str, Any], possessed: dict[str, Any] | None = None) -> dict[str, Any]:
    """The good audit, its first server measured."""
    documents = evidence.good()
    documents["audit.json"] |= simulated.AUDIT
    for server in ("srv1", "srv2"):
        documents[f"observations/servers/{server}/index.json"] |= {
            "audit": simulated.AUDIT["id"],
            "nonce": simulated.AUDIT["nonce"],
        }
    spec = documents["specs/consortium.json"]
    spec["servers"][0]["ssh_host_key"] = simulated.public(simulated.HOST_KEY)
    spec["audit"]["vantage_points"] = [{**simulated.point(), "address": None}]
    documents |= {"boundary/inner.json": simulated.INNER, "boundary/outer.json": simulated.OUTER}
    for number, exchange in enumerate(exchanges):
        documents[f"measurements/srv1/ici{number}.json"] = exchange
    if possessed:
        documents[f"possession/srv1/{evidence.CODE}.json"] = possessed
    return documents


def found(documents: dict[str, Any], control: str, subject: str) -> dict[str, Any]:
    """The finding; its words can be shown."""
    (one,) = [
        one for one in judge_all(documents) if (one["control"], one["subject"]["id"]) == (control, subject)
    ]
    assert messages.text(f"audit-reasons.{one['reason']}", **{**one["expected"], **one["observed"]})
    return one


@pytest.mark.parametrize(
    ("exchange", "verdict", "reason"),
    [
        (Exchange(), "satisfied", "location-proven"),
        (Exchange([0.3] * ROUNDS), "inconclusive", "location-not-disproved"),
        (Exchange([60.0] * ROUNDS), "inconclusive", "location-not-disproved"),
        (Exchange(host_key=OTHER_KEY), "inconclusive", "location-inconclusive"),
        (Exchange(point_key=OTHER_KEY), "inconclusive", "location-inconclusive"),
        (Exchange(audit={**simulated.AUDIT, "id": "c" * 32}), "inconclusive", "location-inconclusive"),
        (Exchange([0.1] * 10), "inconclusive", "location-inconclusive"),
    ],
)
def test_what_was_measured(exchange, verdict, reason):
    one = found(measured(exchange.document()), "NC-LOC-01", "srv1")
    assert (one["verdict"], one["reason"]) == (verdict, reason)
    assert "measurements/srv1/ici0.json" in one["evidence"]


def test_a_claimed_site_out_of_reach():
    documents = measured(Exchange().document())
    documents["specs/consortium.json"]["sites"][0] |= {"latitude": 46.81, "longitude": -71.21}
    one = found(documents, "NC-LOC-01", "srv1")
    assert (one["verdict"], one["reason"]) == ("not-satisfied", "location-disproved")


@pytest.mark.parametrize(
    "path", ["boundary/inner.json", "boundary/outer.json", "measurements/srv1/ici0.json"]
)
@pytest.mark.parametrize("wrong", [None, {}, [], {"rings": [[1]]}], ids=str)
def test_without_what_it_takes_nothing_is_proven(path, wrong):
    documents = measured(Exchange().document())
    verdicts = {found({**documents, path: wrong}, "NC-LOC-01", "srv1")["verdict"]}
    verdicts.add(found({n: d for n, d in documents.items() if n != path}, "NC-LOC-01", "srv1")["verdict"])
    assert verdicts <= {"inconclusive", "not-checked"}


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ([0.2] * ROUNDS, "possession-within"),
        ([0.2] * (ROUNDS - 20) + [40.0] * 20, "possession-inconclusive"),
        ([0.2] * 10, "possession-inconclusive"),
    ],
)
def test_answers_about_the_data_are_never_a_pass(times, reason):
    one = found(measured(possessed=simulated.possessed(times)), "NC-LOC-02", evidence.CODE)
    assert (one["verdict"], one["reason"]) == ("inconclusive", reason)


def test_two_servers_with_one_key():
    documents = measured(Exchange().document())
    documents["specs/consortium.json"]["servers"][1]["ssh_host_key"] = simulated.public(simulated.HOST_KEY)
    one = found(documents, "NC-LOC-01", "srv1")
    assert (one["verdict"], one["reason"]) == ("inconclusive", "location-key-shared")
