"""Which of Nextcloud's own checks are left out, and that nothing else is."""

from __future__ import annotations

import json

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import nextcloud
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError
from ansible_collections.nuage_commun.platform.plugins.modules import nextcloud_checks, nextcloud_golden

PARAMETERS = {
    "user": "t46005",
    "home": "/srv/tenants/t46005/nextcloud",
    "excused": {},
    "unsigned": {},
    "signed": True,
}
GOLDEN = {"tree": "/tree", "signed": True, "checked": ["A", "B"]}
FINE = {"severity": "success", "description": None}


@pytest.fixture
def asked(monkeypatch):
    """What checks.php is asked for, and what it answers."""
    seen = {"answer": {"C": FINE}}

    monkeypatch.setattr(nextcloud, "tree_in_use", lambda _code: "/tree")

    def in_instance(_code, _home, _tree, _program, stdin):
        seen["request"] = json.loads(stdin)
        return json.dumps(seen["answer"])

    monkeypatch.setattr(nextcloud_checks.activation, "activate", lambda: None)
    monkeypatch.setattr(nextcloud_checks.postgresql, "sql", lambda *_words: ["1"])
    monkeypatch.setattr(nextcloud, "golden", lambda: GOLDEN)
    monkeypatch.setattr(nextcloud, "in_instance", in_instance)
    return seen


def test_a_fresh_clone_is_not_asked_what_the_golden_instance_was(asked):
    assert nextcloud_checks.ensure({**PARAMETERS, "cloned": True}) == ([], [])
    assert asked["request"] == {"except": ["A", "B"]}


def test_any_other_is_asked_everything(asked):
    nextcloud_checks.ensure({**PARAMETERS, "cloned": False})
    assert asked["request"] == {"except": []}


def test_a_fresh_clone_still_fails_on_what_it_finds(asked):
    asked["answer"] = {"C": {"severity": "error", "description": "no"}}
    assert nextcloud_checks.ensure({**PARAMETERS, "cloned": True}) == (["C (error): no"], [])


def test_no_check_at_all_is_no_good_answer(asked):
    asked["answer"] = []
    with pytest.raises(ProgramError, match="none of its checks"):
        nextcloud_checks.ensure({**PARAMETERS, "cloned": True})


def test_a_golden_instance_of_a_wrong_structure_is_refused():
    with pytest.raises(ProgramError, match="missing indices"):
        nextcloud_golden.sound('{"A": {"severity": "warning", "description": "missing indices"}}')


def test_a_golden_instance_tells_what_it_was_asked():
    assert nextcloud_golden.sound(json.dumps({"B": FINE, "A": FINE})) == ["A", "B"]
