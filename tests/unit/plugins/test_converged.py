"""What a server remembers of a run, whole or interrupted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.nuage_commun.platform.plugins.modules import converged_record, converged_state

WANTED = {"digest": "new", "state": "active"}


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(converged_state, "RECORDS", tmp_path)
    monkeypatch.setattr(converged_state, "QUARANTINE", tmp_path / "quarantine")
    # Root alone may give files to root.
    monkeypatch.setattr(
        converged_state, "write_atomic", lambda path, content, mode: path.write_bytes(content)
    )
    return tmp_path


def test_a_host_whose_change_began_is_stale_even_for_its_former_digest(records: Path) -> None:
    before = {"46005-apps": {"digest": "old", "at": 5}, "82005-apps": {"digest": "old", "at": 5}}
    converged_state.set_out({"46005-apps", "never-seen"}, before)
    found = {path.stem: json.loads(path.read_text()) for path in records.glob("*.json")}
    assert found == {"46005-apps": {"digest": "", "was": "old", "at": 5}}
    after = before | found
    assert converged_state.stale(dict.fromkeys(before, "old"), after, frozenset(), ()) == ["46005-apps"]


@pytest.mark.parametrize(
    ("before", "same"),
    [
        ({**WANTED, "at": 5}, True),
        ({**WANTED, "digest": "", "was": "new", "at": 5}, True),
        ({**WANTED, "digest": "", "was": "old", "at": 5}, False),
        ({**WANTED, "state": "suspended", "at": 5}, False),
        ({}, False),
    ],
)
def test_since_when_outlives_a_run_that_changed_nothing(before: dict[str, object], same: bool) -> None:
    assert converged_record.unchanged(before, WANTED) is same


@pytest.mark.parametrize(
    ("full", "spared", "stale"),
    [
        (False, [], ["82005-apps"]),
        (True, [], ["46005-apps", "82005-apps", "srv1"]),
        (True, ["srv1"], ["46005-apps", "82005-apps"]),
        (True, ["srv1", "46005-apps"], ["82005-apps"]),
    ],
)
def test_full_spares_whom_it_is_not_about_and_no_one_that_is_stale(
    records: Path, full: bool, spared: list[str], stale: list[str]
) -> None:
    desired = dict.fromkeys(("46005-apps", "82005-apps", "srv1"), "new")
    recorded = {**dict.fromkeys(desired, WANTED), "82005-apps": {"digest": "old"}}
    anyway = converged_state.whole(desired, full, spared)
    assert converged_state.stale(desired, recorded, frozenset(), anyway) == stale
    recorded["srv1"] = {}
    assert "srv1" in converged_state.stale(desired, recorded, frozenset(), anyway)
