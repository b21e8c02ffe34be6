"""Programs that the Nextcloud role puts on a server: what they tell of whom, and to whom."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.programs import loaded

FOLDER = Path(__file__).parents[3] / "roles/server_nextcloud/files/usr/local/lib/nuage"


@pytest.fixture
def space(monkeypatch, tmp_path):
    module = loaded(FOLDER / "space.py")
    monkeypatch.setattr(module, "TOLD", tmp_path / "told")
    monkeypatch.setattr(module.os, "chown", lambda *_: None)
    account = SimpleNamespace(pw_gid=tmp_path.stat().st_gid)
    monkeypatch.setattr(module.pwd, "getpwnam", lambda name: account)
    said = {
        "subvolume": "ID 256 gen 1 top level 5 path tenants/t46005\nID 257 gen 1 top level 5 path mysql/t46005\n"
        "ID 258 gen 1 top level 5 path tenants/t82005\nID 259 gen 1 top level 5 path postgresql/tenants/t46005\n",
        "qgroup": "Qgroupid    Referenced    Exclusive Max referenced Path\n--------\n0/5  16 16 none <toplevel>\n"
        "0/256 1000 900 2000 tenants/t46005\n0/257 7 7 9 mysql/t46005\n0/258 5 5 none tenants/t82005\n"
        "0/259 3 3 4 postgresql/tenants/t46005\n",
    }
    monkeypatch.setattr(module, "rows", lambda *words: [line.split() for line in said[words[0]].splitlines()])
    return module


def test_each_is_told_its_own_and_who_has_no_limit_nothing(space):
    assert space.main() == 0
    assert {path.name: json.loads(path.read_text()) for path in space.TOLD.iterdir()} == {
        "46005.json": {"used": 1000, "limit": 2000}
    }
    assert (space.TOLD / "46005.json").stat().st_mode & 0o777 == 0o440
    assert space.TOLD.stat().st_mode & 0o777 == 0o711


def test_whoever_left_is_forgotten(space):
    space.main()
    (space.TOLD / "01023.json").write_text("{}")
    space.main()
    assert [path.name for path in space.TOLD.iterdir()] == ["46005.json"]
