"""What an interrupted deployment of a Nextcloud leaves, and what its checks may say."""

import json
import os
import pwd

from ansible_collections.nuage_commun.platform.plugins.modules import nextcloud_checks, nextcloud_instance


def test_a_folder_that_was_made_and_not_yet_given_is_given(tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(nextcloud_instance.os, "chown", lambda path, *_who, **_how: given.append(path.name))
    (tmp_path / "home" / "data").mkdir(parents=True)
    nextcloud_instance.folders(tmp_path / "home", pwd.getpwuid(os.getuid()))
    assert sorted(given) == ["config", "data", "log"]


def test_a_finding_brings_nothing_that_a_terminal_obeys():
    said = json.loads('{"OCA\\\\X": {"severity": "error", "description": "a\\u001b[2J\\nb\\u009b"}}')
    findings, _excused = nextcloud_checks.judged(said, {})
    assert findings == ["OCA\\X (error): a [2J b "]
