"""Copies that aren't there, are late, or don't come back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.audit.controls import evidence
from tests.unit.audit.controls.evidence import CODE

Documents = dict[str, Any]
APPS, ACCOUNTS = "observations/servers/srv1/copies.json", "observations/servers/srv2/copies.json"


def found(change: dict[str, Any], control: str, subject: str, path: str = APPS) -> tuple[str, str]:
    """Verdict and reason where the server says something else of the municipality's copy."""
    documents = evidence.good()
    documents[path]["kept"][0] |= change
    return evidence.verdicts(documents)[control, subject]


def test_copies_that_are_fresh_and_come_back() -> None:
    assert found({}, "NC-BAK-01", CODE) == ("satisfied", "copies-fresh")
    assert found({}, "NC-BAK-02", "srv1") == ("satisfied", "drills-good")


@pytest.mark.parametrize("path", [APPS, ACCOUNTS])
@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"keeper": None}, ("not-satisfied", "copies-none")),
        ({"code": "46010"}, ("not-satisfied", "copies-none")),
        ({"last": None}, ("not-satisfied", "copies-never")),
        ({"last": "2026-11-23T08:12:00Z"}, ("not-satisfied", "copies-late")),
        ({"last": "2026-11-23T08:13:00Z"}, ("satisfied", "copies-fresh")),
        ({"last": "2026-11-26T00:00:00Z"}, ("inconclusive", "copies-future")),
    ],
)
def test_either_part_of_a_municipality_is_asked_for(path: str, change: dict[str, Any], verdict: Any) -> None:
    assert found(change, "NC-BAK-01", CODE, path) == verdict


@pytest.mark.parametrize(
    ("tried", "verdict"),
    [
        ({"at": "2026-11-22T16:00:00Z", "good": False}, ("not-satisfied", "drills-bad")),
        ({"at": "2026-11-09T16:00:00Z", "good": True}, ("not-satisfied", "drills-late")),
        ({"at": "2026-11-26T16:00:00Z", "good": True}, ("inconclusive", "drills-future")),
        (None, ("inconclusive", "drills-never")),
    ],
)
def test_a_copy_that_was_tried(tried: Any, verdict: tuple[str, str]) -> None:
    assert found({"drill": tried}, "NC-BAK-02", "srv1") == verdict


def test_a_server_without_copies_and_one_without_anybody() -> None:
    documents = evidence.good()
    documents[APPS]["kept"] = []
    assert evidence.verdicts(documents)["NC-BAK-02", "srv1"] == ("not-checked", "drills-no-copies")
    del documents[f"observations/servers/srv1/tenants/{CODE}.json"]
    del documents["observations/servers/srv1/index.json"]["files"][f"tenants/{CODE}.json"]
    assert evidence.verdicts(documents)["NC-BAK-02", "srv1"] == ("satisfied", "drills-nobody")


def test_a_bundle_of_before() -> None:
    """Nothing is held against an audit that didn't look."""
    documents = evidence.good()
    for server in ("srv1", "srv2"):
        del documents[f"observations/servers/{server}/copies.json"]
        del documents[f"observations/servers/{server}/index.json"]["files"]["copies.json"]
    del documents["specs/consortium.json"]["backups"]
    said = evidence.verdicts(documents)
    assert said["NC-BAK-01", CODE][0] == said["NC-BAK-02", "srv1"][0] == "not-checked"
    assert said["NC-STO-02", "srv1"][0] == "satisfied"
