"""What Ansible's events make of each host."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.execution.results import Outcome, Results

SERVERS = {"srv1": "srv1", "46005-apps": "srv1", "82005-apps": "srv1"}


def event(kind: str, host: str, task: str = "T", **res: Any) -> dict[str, Any]:
    return {"event": kind, "event_data": {"host": host, "task": task, "res": res}}


def observed(stale: list[str], records: dict[str, Any]) -> dict[str, Any]:
    return event("runner_on_ok", "srv1", stale=stale, records=records)


@pytest.fixture
def results() -> Results:
    return Results(SERVERS)


def outcomes(results: Results, *, finished: bool = True) -> dict[str, Outcome]:
    results.close(finished=finished)
    return {host: result.outcome for host, result in results.hosts.items()}


def test_nothing_stale_is_unchanged(results: Results) -> None:
    results.add(observed([], {"46005-apps": {"digest": "a"}}))
    assert set(outcomes(results).values()) == {Outcome.UNCHANGED}


def test_a_new_municipality_is_created_and_a_known_one_changed(results: Results) -> None:
    results.add(observed(["46005-apps", "82005-apps"], {"82005-apps": {"digest": "old"}}))
    for host in ("46005-apps", "82005-apps"):
        results.add(event("runner_on_ok", host, changed=True))
        results.add(event("runner_on_ok", host, record={"digest": "new"}))
    found = outcomes(results)
    assert found["46005-apps"] is Outcome.CREATED
    assert found["82005-apps"] is Outcome.CHANGED
    assert found["srv1"] is Outcome.UNCHANGED


def test_a_failure_keeps_its_reason_and_touches_no_neighbour(results: Results) -> None:
    results.add(observed(["46005-apps", "82005-apps"], {}))
    results.add(event("runner_on_failed", "46005-apps", msg="full", nuage_key="apply.files-failed"))
    results.add(event("runner_on_ok", "82005-apps", changed=True))
    results.add(event("runner_on_ok", "82005-apps", record={}))
    found = outcomes(results)
    assert found["46005-apps"] is Outcome.FAILED
    assert found["82005-apps"] is Outcome.CREATED
    problem = results.hosts["46005-apps"].problem
    assert problem is not None
    assert (problem.key, problem.context["detail"]) == ("apply.files-failed", "full")


def test_stale_without_a_record_is_no_success(results: Results) -> None:
    results.add(observed(["46005-apps"], {}))
    results.add(event("runner_on_ok", "46005-apps", changed=True))
    assert outcomes(results)["46005-apps"] is Outcome.FAILED


def test_stale_without_a_record_is_interrupted_when_the_run_was(results: Results) -> None:
    results.add(observed(["46005-apps"], {}))
    assert outcomes(results, finished=False)["46005-apps"] is Outcome.INTERRUPTED


def test_municipalities_of_an_unreachable_server_are_unreachable(results: Results) -> None:
    results.add(event("runner_on_unreachable", "srv1", msg="Connection timed out"))
    assert set(outcomes(results).values()) == {Outcome.UNREACHABLE}


def test_a_wrong_host_key_is_told_apart(results: Results) -> None:
    results.add(event("runner_on_unreachable", "srv1", msg="x\nHost key verification failed."))
    problem = results.hosts["srv1"].problem
    assert problem is not None
    assert problem.key == "apply.wrong-host-key"


def test_a_broken_drop_in_is_its_owners_failure(results: Results) -> None:
    results.add(observed(["82005-apps"], {"46005-apps": {"digest": "a"}, "82005-apps": {"digest": "old"}}))
    results.add(event("runner_on_ok", "82005-apps", changed=True))
    broken = {"46005-wordpress.conf": "unknown directive"}
    results.add(event("runner_on_ok", "82005-apps", record={}, quarantined=broken))
    found = outcomes(results)
    assert (found["46005-apps"], found["82005-apps"]) == (Outcome.FAILED, Outcome.CHANGED)
    problem = results.hosts["46005-apps"].problem
    assert problem is not None
    assert (problem.key, problem.context["detail"]) == ("apply.quarantined", "unknown directive")


def test_municipalities_of_a_failed_server_say_so(results: Results) -> None:
    results.add(observed(["srv1", "46005-apps"], {}))
    results.add(event("runner_on_failed", "srv1", msg="no"))
    assert outcomes(results)["46005-apps"] is Outcome.FAILED
    problem = results.hosts["46005-apps"].problem
    assert problem is not None
    assert problem.key == "apply.server-failed"


def test_a_look_at_what_is_stale_is_no_failure(results: Results) -> None:
    results.add(observed(["46005-apps"], {}))
    results.close(finished=True, records=False)
    assert results.hosts["46005-apps"].outcome is Outcome.UNCHANGED
