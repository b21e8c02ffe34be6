"""What of Nextcloud's modules needs no server: its configuration, its secrets, its answers, its own findings."""

from __future__ import annotations

import json
import re

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import nextcloud
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError
from ansible_collections.nuage_commun.platform.plugins.modules import nextcloud_checks, nextcloud_instance

SEED = "a" * 32


def test_configuration_is_php_that_nothing_breaks_out_of():
    text = nextcloud.configuration(
        {"a": "it's \\ here", "b": True, "n": 3, "none": None, "list": ["x"], "map": {"k": [False]}}
    )
    assert "'a' => 'it\\'s \\\\ here'," in text
    assert "'b' => true," in text
    assert "'n' => 3," in text
    assert "none" not in text
    assert "0 => 'x'," in text
    assert re.search(r"'k' => array \(\s+0 => false,", text)
    assert text.startswith("<?php\n$CONFIG = array (")


def test_identity_is_the_seed_s_and_nobody_else_s():
    mine, again, theirs = nextcloud.identity(SEED), nextcloud.identity(SEED), nextcloud.identity("b" * 32)
    assert mine == again
    assert all(mine[name] != theirs[name] for name in mine)
    assert re.fullmatch(r"nc[0-9a-f]{10}", mine["instanceid"])
    assert re.fullmatch(r"[A-Za-z0-9]{48}", mine["secret"])
    assert re.fullmatch(r"[A-Za-z0-9]{30}", mine["passwordsalt"])
    assert len({mine["secret"][:30], mine["passwordsalt"], nextcloud.derived(SEED, "other", 30)}) == 3


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"changed": "all"}',
        '{"changed": ["\\u001b[31m"], "version": "34.0.1.2"}',
        '{"changed": [], "version": "<b>"}',
        '{"changed": []}',
    ],
)
def test_other_answers_than_expected_are_refused(text):
    with pytest.raises(ProgramError):
        nextcloud.answer(text)


def turns(*steps):
    given = iter(steps)
    return lambda: {"version": "34.0.1.2", **next(given)}


def test_it_goes_on_until_nothing_is_left():
    upgraded = []
    reconcile = turns(
        {"changed": ["system a"], "next": "again"},
        {"changed": [], "next": "upgrade"},
        {"changed": ["group b"], "next": ""},
    )
    changes, version = nextcloud.brought(reconcile, lambda: upgraded.append(1))
    assert (changes, version, upgraded) == (["system a", "upgrade", "group b"], "34.0.1.2", [1])


def test_check_mode_tells_an_upgrade_and_leaves_it():
    changes, _version = nextcloud.brought(turns({"changed": [], "next": "upgrade"}))
    assert changes == ["upgrade"]


def test_it_does_not_go_on_for_ever():
    with pytest.raises(ProgramError, match="still differs"):
        nextcloud.brought(lambda: {"changed": ["x"], "next": "again", "version": "34.0.1.2"})


def test_findings_count_unless_excused():
    results = {
        "A": {"severity": "error", "description": "very\n wrong"},
        "B": {"severity": "warning", "description": None},
        "C": {"severity": "info", "description": "a hint"},
        "D": {"severity": "success", "description": ""},
    }
    assert nextcloud_checks.judged(results, {"B": "because"}) == (["A (error): very wrong"], ["B"])


def test_a_server_without_a_golden_instance_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(nextcloud, "GOLDEN", tmp_path / "golden.json")
    with pytest.raises(ProgramError, match="apply its server layer first"):
        nextcloud.golden()


def test_system_settings_hold_what_only_the_server_knows(monkeypatch):
    tree = "/usr/share/nuage/trees/nextcloud-1"
    parameters = {
        "edition": "1-with-calendar",
        "home": "/srv/tenants/t46005/nextcloud",
        "user": "t46005",
        "seed": SEED,
        "relay": "192.0.2.1",
    }
    parameters |= {"redis": True, "system": {"debug": False}}
    system = nextcloud_instance.whole_system(parameters, tree)
    assert system["apps_paths"][0] == {"path": f"{tree}/apps", "url": "/apps", "writable": False}
    assert system["apps_paths"][1]["path"] == "/usr/share/nuage/nextcloud/editions/1-with-calendar"
    assert not any(path["writable"] for path in system["apps_paths"])
    assert system["dbpassword"] == ""
    assert system["mail_smtphost"] == "192.0.2.1"
    assert system["redis"] == {"host": "/run/nuage-redis-46005/redis.sock", "port": 0}
    assert json.dumps(system).count(SEED) == 0
