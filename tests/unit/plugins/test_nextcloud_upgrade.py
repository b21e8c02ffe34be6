"""What needs no server of an upgrade: what fits, files given back by difference, what a note leads to."""

from __future__ import annotations

import os
import stat

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import (
    nextcloud_fitting,
    nextcloud_upgrade,
    tree_back,
)
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError

INFO = '<info><dependencies><php min-version="8.2" max-version="8.5"/><nextcloud {}/></dependencies></info>'


@pytest.mark.parametrize(
    ("bounds", "major", "php", "expected"),
    [
        ('min-version="29" max-version="34"', 34, "8.4.28", {}),
        (
            'min-version="29" max-version="33"',
            34,
            "8.4.28",
            {"found": "nextcloud 34", "expected": "nextcloud 29–33"},
        ),
        ('min-version="35"', 34, "8.4.28", {"found": "nextcloud 34", "expected": "nextcloud 35–"}),
        ("", 34, "8.5.1", {}),
        ("", 34, "8.6.0", {"found": "php 8.6.0", "expected": "php 8.2–8.5"}),
        ("", 34, "8.1.30", {"found": "php 8.1.30", "expected": "php 8.2–8.5"}),
    ],
)
def test_an_app_says_what_it_runs_with(tmp_path, bounds, major, php, expected):
    (tmp_path / "appinfo").mkdir()
    (tmp_path / "appinfo" / "info.xml").write_text(INFO.format(bounds))
    assert nextcloud_fitting.against(tmp_path, major, php) == expected


def test_the_code_says_which_postgresql(tmp_path):
    assert nextcloud_fitting.postgresql_bounds(tmp_path) is None
    path = tmp_path / nextcloud_fitting.OF_DATABASES
    path.parent.mkdir(parents=True)
    path.write_text("const MIN_MYSQL = '8.0';\nconst MIN_POSTGRES = '14';\nconst MAX_POSTGRES = '18';")
    assert nextcloud_fitting.postgresql_bounds(tmp_path) == (14, 18)


@pytest.fixture
def folders(tmp_path):
    """Two that are the same, as a snapshot and its origin are not: their files have other inode numbers."""
    kept, now = tmp_path / "kept", tmp_path / "now"
    for folder in (kept, now):
        (folder / "in").mkdir(parents=True)
        (folder / "a.txt").write_text("before")
        (folder / "in" / "b.txt").write_text("b")
        (folder / "in" / "l").symlink_to("b.txt")
    return kept, now


def seen(folder):
    found = {}
    for path in sorted(folder.rglob("*")):
        told = path.lstat()
        content = (
            path.readlink().as_posix() if path.is_symlink() else path.read_bytes() if path.is_file() else ""
        )
        when = 0 if path.is_symlink() else told.st_mtime_ns
        found[str(path.relative_to(folder))] = (stat.S_IMODE(told.st_mode), when, content)
    return found


def test_everything_is_as_it_was(folders):
    kept, now = folders
    (now / "a.txt").write_text("after")
    (now / "new").mkdir()
    (now / "new" / "c").write_text("c")
    (now / "in" / "b.txt").unlink()
    (now / "in" / "b.txt").mkdir()
    (now / "in" / "l").unlink()
    (now / "in" / "l").symlink_to("/etc/passwd")
    (kept / "a.txt").chmod(0o600)
    tree_back.restore(kept, now)
    assert seen(now) == seen(kept)
    assert not list(now.rglob(f"*{tree_back.PART}"))


def test_a_folder_that_became_a_link_is_a_folder_again(folders, tmp_path):
    kept, now = folders
    outside = tmp_path / "outside"
    (now / "in").rename(outside)
    (outside / "mine.txt").write_text("mine")
    (now / "in").symlink_to(outside)
    tree_back.restore(kept, now)
    assert seen(now) == seen(kept)
    assert (outside / "mine.txt").read_text() == "mine"


def test_the_same_file_is_left_alone(folders):
    kept, now = folders
    (now / "a.txt").unlink()
    os.link(kept / "a.txt", now / "a.txt")
    inode = (now / "a.txt").stat().st_ino
    tree_back.restore(kept, now)
    assert (now / "a.txt").stat().st_ino == inode


@pytest.fixture
def world(monkeypatch, tmp_path):
    done = []

    def as_user(_user, work, *words):
        done.append(f"files {words[1].name}" if work is tree_back.restore else "compiled")

    monkeypatch.setattr(nextcloud_upgrade, "NOTES", tmp_path)
    monkeypatch.setattr(nextcloud_upgrade, "rest", lambda code: done.append(f"rest {code}"))
    monkeypatch.setattr(nextcloud_upgrade, "run", lambda *_words, **_more: "")
    monkeypatch.setattr(nextcloud_upgrade, "clear_away", lambda user: done.append("clear"))
    monkeypatch.setattr(nextcloud_upgrade.tree_back, "as_user", as_user)
    tenant = nextcloud_upgrade.postgresql_tenant
    monkeypatch.setattr(tenant, "unmake", lambda *_words, **_more: done.append("unmake"))
    monkeypatch.setattr(
        tenant, "ensure", lambda _user, wanted, **_more: done.append(f"clone {wanted.golden}")
    )
    return done


def resume(phase, edition="old"):
    if phase:
        nextcloud_upgrade.write_note("46005", **{"from": "old", "to": "new", "phase": phase})
    return nextcloud_upgrade.resume("t46005", "/srv/tenants/t46005/nextcloud", 100, edition)


def test_without_a_note_nothing_is_done(world):
    assert resume("") == []
    assert world == []


def test_what_only_began_loses_its_note(world):
    assert resume("begun") == ["returned to old"]
    assert world == ["clear"]
    assert nextcloud_upgrade.note("46005") is None


def test_what_was_kept_comes_back_whoever_asks(world):
    back = ["rest 46005", "files config", "files data", "unmake", "clone t46005_before", "clear"]
    for edition in ("old", "new"):
        world.clear()
        assert resume("kept", edition) == ["returned to old"]
        assert world == back
        assert nextcloud_upgrade.note("46005") is None


def test_a_return_that_is_interrupted_begins_again(world, monkeypatch):
    def broken(*_words, **_more):
        raise ProgramError("no")

    with monkeypatch.context() as patch:
        patch.setattr(nextcloud_upgrade.postgresql_tenant, "ensure", broken)
        with pytest.raises(ProgramError):
            resume("kept")
    assert "clear" not in world
    assert nextcloud_upgrade.note("46005")["phase"] == "kept"
    assert resume("") == ["returned to old"]


def test_what_passed_is_never_undone(world):
    with pytest.raises(ProgramError, match="upgraded to new"):
        resume("passed", "old")
    assert world == []
    assert nextcloud_upgrade.note("46005")["phase"] == "passed"
    assert resume("", "new") == ["former state cleared away"]
    assert world == ["clear", "compiled"]
    assert nextcloud_upgrade.note("46005") is None
