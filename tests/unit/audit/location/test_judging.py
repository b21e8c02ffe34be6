"""From documents to verdicts, honest ones and others."""

from __future__ import annotations

import base64
import random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.audit.location import judging, measurement
from provisioner.audit.location.geodesy import destination
from tests.unit.audit.location.simulated import (
    AUDIT,
    INNER,
    OUTER,
    SHERBROOKE,
    Exchange,
    consortium,
    light_ms,
    point,
    resigned,
)

OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
ROUNDS = measurement.LEAST_ROUNDS


def judge(*documents: dict[str, Any], **changes: Any) -> judging.LocationVerdict:
    spec = consortium(point(), site=changes.pop("site", SHERBROOKE))
    spec["audit"]["vantage_points"][0] |= changes
    return judging.judge("srv1", spec, AUDIT, documents, (INNER, OUTER))


def refusal(*documents: dict[str, Any]) -> str:
    """Why nothing was believed; never a proof."""
    verdict = judge(*documents)
    assert verdict.strict.verdict == verdict.fibre.verdict == "inconclusive"
    assert verdict.refused
    return verdict.refused[0].reason.removeprefix("audit-location.")


def test_beside_the_server_proves_it() -> None:
    verdict = judge(Exchange().document())
    assert (verdict.strict.verdict, verdict.fibre.verdict) == ("proven-inside", "proven-inside")
    assert verdict.strict.margin_km == pytest.approx(36.6 - (0.1 + Exchange.thinking_ms) * 149.9, abs=0.1)
    assert verdict.rounds == ROUNDS
    assert verdict.refused == ()


def test_between_both_speeds() -> None:
    verdict = judge(Exchange([0.3] * ROUNDS).document())
    assert (verdict.strict.verdict, verdict.fibre.verdict) == ("not-disproved", "proven-inside")


def test_the_shortest_round_counts_whatever_the_others() -> None:
    rng = random.Random(3)
    times = [0.1 + rng.expovariate(0.2) for _ in range(ROUNDS)]
    times[70] = times[71] = 0.1
    assert judge(Exchange(times).document()).strict.verdict == "proven-inside"


def test_the_vantage_points_own_error_is_taken_off() -> None:
    assert judge(Exchange().document(), position_error_m=50_000).strict.verdict == "not-disproved"


def test_no_measurement_is_no_pass() -> None:
    verdict = judge()
    assert (verdict.strict.verdict, verdict.strict.reason) == ("not-checked", "audit-location.not-measured")


def test_another_servers_and_another_dates() -> None:
    assert refusal(Exchange().document(server="srv2")) == "other-server"
    assert refusal(Exchange(audit=AUDIT | {"id": "c" * 32}).document()) == "other-audit"
    assert refusal(Exchange(audit=AUDIT | {"nonce": "0c" * 32}).document()) == "other-audit"
    # The document says this audit's nonce, the server signed another's.
    old = Exchange(audit=AUDIT | {"nonce": "0c" * 32}).document(nonce=AUDIT["nonce"])
    assert refusal(old) == "reply-signature"


def test_a_host_key_that_changed() -> None:
    assert refusal(Exchange(host_key=OTHER_KEY).document()) == "reply-signature"
    assert refusal(Exchange().document(host_key="ssh-ed25519 AAAA")) == "other-host-key"


def test_an_rsa_host_key_proves_nothing() -> None:
    spec = consortium(point())
    key = generate_private_key(65537, 2048).public_key()
    line = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    spec["servers"][0]["ssh_host_key"] = line
    documents = [Exchange().document(host_key=line)]
    verdict = judging.judge("srv1", spec, AUDIT, documents, (INNER, OUTER))
    assert (verdict.strict.verdict, verdict.strict.reason) == ("inconclusive", "audit-location.not-ed25519")


def test_a_vantage_point_that_nobody_declared_or_that_did_not_sign() -> None:
    assert refusal(Exchange().document(vantage_point="ailleurs")) == "unknown-vantage-point"
    assert refusal(Exchange(point_key=OTHER_KEY).document()) == "vantage-signature"
    assert refusal(Exchange().document() | {"software": "other"}) == "vantage-signature"
    unsigned = Exchange().document()
    del unsigned["signature"]
    assert refusal(unsigned) == "vantage-signature"


def test_too_few_rounds() -> None:
    assert refusal(Exchange([0.1] * (ROUNDS - 1)).document()) == "few-rounds"


@pytest.mark.parametrize("change", ["drop", "swap", "repeat", "earlier-reply", "short-nonce"])
def test_the_whole_sample_is_kept_in_its_order(change: str) -> None:
    document = Exchange([0.1] * (ROUNDS + 1)).document()
    rows = document["rounds"]
    if change == "drop":
        del rows[100]
    elif change == "swap":
        rows[100][3:], rows[101][3:] = rows[101][3:], rows[100][3:]
    elif change == "repeat":
        rows[100][3] = rows[99][3]
    elif change == "earlier-reply":
        rows[100][4] = rows[99][4]
    else:
        rows[100][3] = base64.b64encode(b"12").decode()
    expected = {"repeat": "nonce-again", "short-nonce": "malformed"}.get(change, "reply-signature")
    assert refusal(resigned(document)) == expected


def test_what_is_no_document() -> None:
    whole = Exchange().document()
    assert refusal(whole | {"format": "nuage-measurement/9"}) == "malformed"
    for rows in ([], [[]], None, [[1, 2]], [["a", "b", "c", "d", "e"]], [[1, 2, 3, "é", "é"]]):
        assert refusal(resigned(whole | {"rounds": rows})) in ("malformed", "few-rounds")
    assert refusal(resigned(whole | {"ended": "hier"})) == "malformed"


class TestClocks:
    """A vantage point that lies about its clock: it is 5 ms away, and says 0.1."""

    TIMES = [5.0] * ROUNDS

    def test_a_slow_clock(self) -> None:
        lie = Exchange(self.TIMES, vantage_clock=lambda ms, _: ms / 50)
        assert refusal(lie.document()) == "clock"

    def test_time_taken_off_each_round_and_given_to_the_pauses(self) -> None:
        lie = Exchange(self.TIMES, vantage_clock=lambda ms, n: ms - 4.9 * (n % 2))
        verdict = judge(lie.document())
        assert verdict.strict.verdict == verdict.fibre.verdict == "not-disproved"
        assert verdict.strict.disks[0].round_trip_ms == pytest.approx(5.01)

    def test_one_short_round_among_long_ones(self) -> None:
        lie = Exchange(self.TIMES, vantage_clock=lambda ms, n: ms - (4.9 if n == 31 else 0))
        assert judge(lie.document()).fibre.verdict == "not-disproved"

    def test_a_clock_that_runs_back(self) -> None:
        lie = Exchange(self.TIMES, vantage_clock=lambda ms, n: ms - 50 * (n == 31))
        assert refusal(lie.document()) == "clock"

    def test_a_calendar_that_knows_of_less_time_than_the_clock(self) -> None:
        whole = Exchange([50.0] * ROUNDS).document()
        assert refusal(resigned(whole | {"ended": whole["began"]})) == "clock"

    def test_a_servers_clock_that_shows_less_helps_it_nothing(self) -> None:
        lie = Exchange(self.TIMES, server_clock=lambda ms: 1000 + (ms - 1000) / 50)
        assert refusal(lie.document()) == "clock"
        bunched = Exchange(self.TIMES, server_clock=lambda ms: ms - (4.9 if 1100 < ms < 1105 else 0))
        assert judge(bunched.document()).strict.disks[0].round_trip_ms == 5.0


def test_an_honest_point_beside_a_refused_one() -> None:
    verdict = judge(Exchange(host_key=OTHER_KEY).document(), Exchange().document())
    assert verdict.strict.verdict == "proven-inside"
    assert [one.reason for one in verdict.refused] == ["audit-location.reply-signature"]


def test_a_remote_point_only_disproves() -> None:
    burlington = (44.48, -73.21)
    spec = consortium(point(burlington, error_m=100), site=(46.81, -71.21))
    for ms, expected in ((0.1, "disproved"), (light_ms(burlington, (46.81, -71.21)), "not-disproved")):
        document = Exchange([ms] * ROUNDS).document()
        assert judging.judge("srv1", spec, AUDIT, [document], (INNER, OUTER)).strict.verdict == expected


@settings(max_examples=15)
@given(st.floats(0, 360), st.floats(0, 60), st.lists(st.floats(0, 20), min_size=ROUNDS, max_size=ROUNDS))
def test_whole_documents_with_delays(bearing: float, km: float, delays: list[float]) -> None:
    """Any honest exchange, then the same with delays at any rounds: no verdict becomes a proof."""
    true = destination(*SHERBROOKE, bearing, km)
    shortest = light_ms(SHERBROOKE, true) + 0.01
    times = [shortest + (n % 7) / 100 for n in range(ROUNDS)]
    before = judge(Exchange(times).document(), site=true)
    after = judge(Exchange([t + d for t, d in zip(times, delays, strict=True)]).document(), site=true)
    for one, other in ((before.strict, after.strict), (before.fibre, after.fibre)):
        # Times of light in vacuum may contradict what glass allows, and a delay takes that back; never so in `strict`.
        assert other.verdict != "proven-inside" or one.verdict in ("proven-inside", "disproved")
        assert other.disks[0].radius_km >= one.disks[0].radius_km
    assert before.strict.verdict in ("proven-inside", "not-disproved")


def test_the_verdict_as_json() -> None:
    found = judge(Exchange().document()).as_json()
    assert found["strict"]["verdict"] == "proven-inside"
    assert found["strict"]["disks"][0]["vantage_point"] == "ici"


@pytest.mark.parametrize("which", [0, 1])
def test_a_boundary_that_the_audited_drew_proves_nothing(which: int) -> None:
    boundaries = [INNER, OUTER]
    everywhere = [[-179, -89], [179, -89], [179, 89], [-179, 89]]
    boundaries[which] = boundaries[which] | {"rings": [everywhere]}
    documents = [Exchange().document()]
    verdict = judging.judge("srv1", consortium(point()), AUDIT, documents, (boundaries[0], boundaries[1]))
    assert (verdict.strict.verdict, verdict.strict.reason) == (
        "inconclusive",
        "audit-location.other-boundary",
    )
