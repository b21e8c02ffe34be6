"""What of a website's reconciler runs as whom, and what of its words is believed."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError
from ansible_collections.nuage_commun.platform.plugins.modules import wordpress_site


def test_an_expected_answer() -> None:
    said = {"changed": ["option blogname", "page nous-joindre"], "created": True, "version": "6.8.12"}
    assert wordpress_site.answer(json.dumps({**said, "check": False})) == said


@pytest.mark.parametrize(
    "said",
    [
        [],
        {"changed": [], "created": False},
        {"changed": [], "created": False, "version": "\x1b]0;owned\x07"},
        {"changed": ["a\nb"], "created": False, "version": "6.8"},
        {"changed": [{"a": 1}], "created": False, "version": "6.8"},
        {"changed": "all", "created": False, "version": "6.8"},
    ],
)
def test_other_answers_are_refused(said: object) -> None:
    with pytest.raises(ProgramError):
        wordpress_site.answer(json.dumps(said))


def test_an_interrupted_run_left_a_folder_that_mariadb_cannot_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(wordpress_site, "run", ran.append)
    here = tmp_path.stat()
    owner = type("Entry", (), {"pw_uid": here.st_uid, "pw_gid": here.st_gid})
    monkeypatch.setattr(wordpress_site.pwd, "getpwnam", lambda name: owner)
    home = tmp_path / "t46005"
    assert wordpress_site.give_to_mariadb(home, check_mode=False) == []
    home.mkdir(mode=0o755)
    assert wordpress_site.give_to_mariadb(home, check_mode=True) == [f"owner and mode of {home}"]
    assert stat.S_IMODE(home.stat().st_mode) == 0o755
    wordpress_site.give_to_mariadb(home, check_mode=False)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert ran == [["chattr", "+C", str(home)]]
    assert wordpress_site.give_to_mariadb(home, check_mode=False) == []


class MariaDb:
    """Answers as the real one would for a municipality with some privileges."""

    def __init__(self, privileges: str) -> None:
        self.privileges = privileges
        self.said: list[str] = []

    def __call__(self, statements: str) -> list[str]:
        self.said.append(statements)
        if statements.startswith("SHOW GRANTS"):
            return [
                "GRANT USAGE ON *.* TO `t46005`@`localhost` IDENTIFIED VIA unix_socket",
                *(f"GRANT {held} TO `t46005`@`localhost`" for held in self.privileges.split("; ")),
            ]
        return ["schema", "user"] if statements.startswith("SELECT") else []


@pytest.mark.parametrize(
    ("privileges", "full", "read_only", "changes"),
    [
        (f"{wordpress_site.WRITE} ON `t46005`.*", False, False, []),
        ("SELECT, DELETE, DROP ON `t46005`.*", True, False, []),
        ("SELECT, DELETE, DROP ON `t46005`.*", False, False, ["privileges of t46005"]),
        ("SELECT, DELETE, DROP ON `t46005`.*", True, True, ["privileges of t46005"]),
        ("SELECT ON `t46005`.*", False, True, []),
        (
            f"{wordpress_site.WRITE} ON `t46005`.*; SELECT ON `t82005`.*",
            False,
            False,
            ["privileges of t46005"],
        ),
    ],
)
def test_a_leaving_municipality_only_reads_even_when_its_database_is_full(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    privileges: str,
    full: bool,
    read_only: bool,
    changes: list[str],
) -> None:
    mariadb = MariaDb(privileges)
    monkeypatch.setattr(wordpress_site, "sql", mariadb)
    monkeypatch.setattr(wordpress_site, "GUARD", tmp_path)
    monkeypatch.setattr(wordpress_site.btrfs, "ensure", lambda home, limit, check_mode: [])
    note = tmp_path / "t46005"
    if full:
        note.write_text("INSERT,UPDATE")
    found = wordpress_site.database("t46005", tmp_path / "mysql", 1, read_only, check_mode=False)
    assert found == changes
    granted = [statement for statement in mariadb.said if "REVOKE" in statement]
    assert bool(granted) == bool(changes)
    assert note.exists() == (full and not (read_only and changes))


def test_check_mode_of_a_new_site_asks_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordpress_site, "sql", lambda statements: pytest.fail("asked"))
    parameters = {
        "user": "t46005",
        "database_path": str(tmp_path),
        "database_limit_mib": 1,
        "read_only": False,
    }
    found = wordpress_site.ensure(parameters, check_mode=True)
    assert found == {"changes": ["database t46005", "site"], "created": True, "version": ""}
