"""The possession challenge: what its answers say, and what they don't."""

from __future__ import annotations

from typing import Any

from provisioner.audit.location import judging, measurement, possession
from tests.unit.audit.location.simulated import AUDIT, LISTING, consortium, point, possessed, resigned

ROUNDS = possession.LEAST_ROUNDS


def judge(*documents: dict[str, Any], code: str = "46005") -> possession.PossessionVerdict:
    return possession.judge("srv1", code, consortium(point()), AUDIT, documents)


def reason(*documents: dict[str, Any], code: str = "46005") -> str:
    verdict = judge(*documents, code=code)
    assert verdict.verdict == judging.INCONCLUSIVE
    return verdict.reason.removeprefix("audit-location.")


def test_quick_answers_bound_where_the_data_is_and_prove_no_more() -> None:
    verdict = judge(possessed([0.4] * ROUNDS))
    assert (verdict.verdict, verdict.reason) == ("not-disproved", "audit-location.possession-within")
    assert (verdict.slowest_ms, verdict.strict_km, verdict.fibre_km) == (0.4, 60, 40)


def test_a_front_end_that_fetches_from_elsewhere() -> None:
    """One block in ten is kept in front; the others are 20 ms away."""
    verdict = judge(possessed([0.4 if n % 10 == 0 else 20.4 for n in range(ROUNDS)]))
    assert (verdict.verdict, verdict.reason) == ("inconclusive", "audit-location.possession-slow")
    assert verdict.strict_km == 3058


def test_a_front_end_that_fetches_everything() -> None:
    assert reason(possessed([20.4] * ROUNDS)) == "possession-slow"


def test_a_few_slow_disks_are_forgiven_and_no_more() -> None:
    slow = possession.SLOW_ALLOWED
    assert judge(possessed([0.4] * (ROUNDS - slow) + [30.0] * slow)).verdict == "not-disproved"
    assert reason(possessed([0.4] * (ROUNDS - slow - 1) + [30.0] * (slow + 1))) == "possession-slow"


def test_none_asked() -> None:
    assert judge().verdict == "not-checked"


def test_another_municipalitys_answers() -> None:
    assert reason(possessed([0.4] * ROUNDS), code="46010") == "other-municipality"
    relabelled = resigned(possessed([0.4] * ROUNDS) | {"municipality": "46010"})
    assert reason(relabelled, code="46010") == "reply-signature"


def test_another_listing_or_answer_than_was_signed() -> None:
    assert reason(possessed([0.4] * ROUNDS, listing=LISTING | {"blocks": 5})) == "reply-signature"
    document = possessed([0.4] * ROUNDS)
    document["rounds"][10][4] = document["rounds"][11][4]
    assert reason(resigned(document)) == "reply-signature"


def test_nothing_to_possess_and_too_little_asked() -> None:
    assert reason(possessed([0.4] * ROUNDS, listing=LISTING | {"blocks": 0})) == "possession-empty"
    assert reason(possessed([0.4] * (ROUNDS - 1))) == "few-rounds"
    assert reason(possessed([0.4] * ROUNDS, listing=None)) == "malformed"


def test_the_best_document_counts() -> None:
    slow, quick = possessed([20.0] * ROUNDS), possessed([0.4] * ROUNDS)
    assert judge(slow, quick).slowest_ms == 0.4


def test_blocks_are_chosen_by_the_challenge_evenly() -> None:
    picks = [possession.chosen(measurement.challenge(n.to_bytes(32, "big"), b""), 10) for n in range(2000)]
    assert all(150 < picks.count(block) < 250 for block in range(10))
