"""Who may still come in, as applications are told: by whom alone, and nothing but numbers."""

import hashlib
import hmac
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.programs import loaded

ROLES = Path(__file__).parents[3] / "roles"
SOURCE = ROLES / "server_identity/files/usr/local/lib/nuage/identity_people.py"
APP = ROLES / "server_nextcloud/files/usr/share/nuage/nextcloud/apps/nuage"


@pytest.fixture
def people(monkeypatch, tmp_path):
    module = loaded(SOURCE)
    monkeypatch.setattr(module, "TOLD", tmp_path / "told")
    monkeypatch.setattr(module.grp, "getgrnam", lambda _name: SimpleNamespace(gr_gid=tmp_path.stat().st_gid))
    return module


def test_each_realm_has_a_file_whose_name_only_its_client_can_tell(people):
    people.tell([("46005", "secret", ["a", "b"]), ("46010", "other", [])], 1000)
    seal = hmac.new(b"secret", b"nuage-people/46005", hashlib.sha256).hexdigest()
    told = people.TOLD / f"46005-{seal}.json"
    assert json.loads(told.read_text()) == {"at": 1000, "in": ["a", "b"]}
    assert told.stat().st_mode & 0o777 == 0o640
    assert people.TOLD.stat().st_mode & 0o777 == 0o711
    assert len(list(people.TOLD.iterdir())) == 2


def test_another_secret_and_a_realm_that_is_gone_leave_nothing(people):
    people.tell([("46005", "secret", ["a"]), ("46010", "other", [])], 1000)
    (people.TOLD / ".people.interrupted").touch()
    people.tell([("46005", "new", ["a"])], 1060)
    assert [path.name for path in people.TOLD.iterdir()] == [people.name_of("46005", "new")]


def test_a_database_that_does_not_answer_changes_nothing(people, monkeypatch):
    people.tell([("46005", "secret", ["a"])], 1000)
    answer = SimpleNamespace(returncode=2, stdout="", stderr="no such database")
    monkeypatch.setattr(people.subprocess, "run", lambda *_words, **_options: answer)
    with pytest.raises(SystemExit, match="no such database"):
        people.tell(list(people.asked()), 1060)
    assert json.loads(next(people.TOLD.iterdir()).read_text())["at"] == 1000


def test_the_application_looks_for_the_same_name_each_time_its_work_is_due():
    text = (APP / "lib/People.php").read_text()
    assert "hash_hmac('sha256', \"nuage-people/$realm\"" in text
    assert '"$server/nuage-people/$realm-$seal.json"' in text
    assert "<job>OCA\\Nuage\\BackgroundJob\\KeepOut</job>" in (APP / "appinfo/info.xml").read_text()
