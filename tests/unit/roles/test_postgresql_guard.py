"""What the guard of full PostgreSQL databases takes, and what it gives back."""

import json
import os
import pwd
from pathlib import Path

import pytest

from tests.programs import loaded

SOURCE = Path(__file__).parents[3] / "roles/server_postgresql/files/usr/local/lib/nuage/postgresql_guard.py"
MIB = 1024 * 1024


@pytest.fixture
def guard():
    return loaded(SOURCE)


class Server:
    """A database of 100 MiB allowed; PostgreSQL and Btrfs are played by this test."""

    def __init__(self, guard, monkeypatch, tmp_path):
        self.guard, self.size, self.free, self.said, self.broken = guard, 0, 0, [], ""
        self.data, self.notes = tmp_path / "tenants", tmp_path / "notes"
        self.shown, self.limits = tmp_path / "shown", tmp_path / "limits"
        for folder in (self.data / "t46005", self.notes, self.shown, self.limits):
            folder.mkdir(parents=True)
        self.wish(read_only=False)
        monkeypatch.setattr(guard, "LIMITS", self.limits)
        monkeypatch.setattr(guard, "SHOWN", self.shown)
        monkeypatch.setattr(guard, "size", lambda _home: self.size * MIB)
        monkeypatch.setattr(guard, "sql", self.sql)
        monkeypatch.setattr(
            guard, "ask", lambda arguments, stdin="": self.said.append(" ".join(arguments)) or ""
        )
        monkeypatch.setattr(pwd, "getpwnam", lambda _name: pwd.getpwuid(os.getuid()))
        monkeypatch.setattr(os, "chown", lambda *_arguments: None)
        self.watcher = guard.Guard(self.data, self.notes)

    def wish(self, *, read_only):
        self.limits.joinpath("t46005.json").write_text(json.dumps({"limit_mib": 100, "read_only": read_only}))

    def sql(self, statements, database="postgres", **variables):
        if self.broken and self.broken in statements:
            raise self.guard.UnavailableError("no")
        if statements == self.guard.FREE:
            return [str(self.free * MIB)]
        if "WITH base" in statements:
            return [f"-- {variables['name']} {variables['level']};"]
        self.said.append(f"{database}: {statements.strip()}")
        return []

    def look(self, size, free=0):
        """What was said to PostgreSQL and Btrfs when the database has this size."""
        self.size, self.free = size, free
        self.said.clear()
        self.watcher.wishes = self.guard.wishes(self.limits)
        self.watcher.due.clear()
        self.watcher.free = {name: (known, -1000.0) for name, (known, _) in self.watcher.free.items()}
        self.watcher.look({"t46005"})
        return "\n".join(self.said)

    @property
    def note(self):
        return self.watcher.note("t46005")[0]

    def told(self):
        return json.loads((self.shown / "t46005.json").read_text())


@pytest.fixture
def server(guard, monkeypatch, tmp_path):
    return Server(guard, monkeypatch, tmp_path)


def test_a_database_with_room_is_left_alone(server):
    assert server.look(50) == ""
    assert server.note == ""
    assert server.told() == {"state": "ok", "used_mib": 50, "limit_mib": 100}
    server.look(95)
    assert server.told()["state"] == "near"


def test_a_full_database_adds_nothing_and_signs_in_again(server):
    said = server.look(101)
    assert server.note == "full"
    assert "pg_terminate_backend" in said
    assert "-- t46005 delete;" in said
    assert said.endswith('ALTER ROLE :"name" LOGIN;')
    assert server.told()["state"] == "full"


def test_it_gets_everything_back_when_enough_was_deleted(server):
    server.look(101)
    assert "-- t46005" not in server.look(101, free=5)
    assert server.note == "full"
    assert "-- t46005 all;" in server.look(101, free=7)
    assert server.note == ""
    assert server.told()["state"] == "near"


def test_far_beyond_it_cannot_sign_in_and_checkpoints_get_room(server):
    said = server.look(613)
    assert server.note == "cut"
    assert f"btrfs qgroup limit {(100 + 2048) * MIB}" in said
    assert "LOGIN;" not in said.replace("NOLOGIN", "")
    # Room inside the files doesn't help: the files are what the hard limit is about.
    server.look(613, free=600)
    assert server.note == "cut"


def test_who_passes_the_limit_fast_is_stopped_before_it_is_asked_what_is_free(server):
    assert "-- t46005 delete;" in server.look(210, free=150)
    assert "-- t46005 all;" in server.look(210, free=150), "asked then"
    assert server.look(210, free=150) == "", "and known from then on"


def test_smaller_files_let_it_sign_in_again_under_the_first_limit(server):
    server.look(613)
    said = server.look(500)
    assert server.note == "full"
    assert f"btrfs qgroup limit {(100 + 1024) * MIB}" in said
    assert said.endswith('ALTER ROLE :"name" LOGIN;')


def test_trouble_half_way_is_taken_up_by_the_next_look(server):
    server.broken = "-- t46005 delete"
    server.look(101)
    # The note is there, so a deployment keeps what was taken.
    assert server.note == "full"
    server.broken = ""
    assert "-- t46005 delete;" in server.look(101), "not forgotten"
    assert server.look(101) == "", "and done once"


def test_one_that_may_only_be_read_stays_so(server):
    server.wish(read_only=True)
    assert "-- t46005 read;" in server.look(101)
    assert "-- t46005 read;" in server.look(10)


@pytest.mark.parametrize(
    ("was", "used", "unused", "state"),
    [
        ("", 100, 0, ""),
        ("", 101, 0, "full"),
        ("", 101, 1, ""),
        ("full", 96, 0, "full"),
        ("full", 95, 0, ""),
        ("", 612, 0, "full"),
        ("", 613, 613, "cut"),
        ("cut", 511, 0, "cut"),
        ("cut", 509, 0, "full"),
        ("cut", 90, 0, ""),
    ],
)
def test_states(guard, was, used, unused, state):
    assert guard.next_state(was, used * MIB, unused * MIB, 100 * MIB) == state


def test_sizes_are_those_of_the_files(guard, tmp_path):
    folder = tmp_path / "PG_17_202406281" / "16384"
    folder.mkdir(parents=True)
    (folder / "1").write_bytes(b"x" * 100_000)
    (folder.parent / "pgsql_tmp").mkdir()
    (folder.parent / "pgsql_tmp" / "2").write_bytes(b"x" * 50_000)
    assert 150_000 <= guard.size(tmp_path) <= 170_000
    assert guard.size(tmp_path / "absent") == 0


def test_who_may_grow_fast_is_looked_at_often(server):
    server.size = 99
    server.watcher.wishes = server.guard.wishes(server.limits)
    assert server.watcher.compare("t46005") == server.guard.TICK
    server.limits.joinpath("t46005.json").write_text(json.dumps({"limit_mib": 100_000, "read_only": False}))
    server.watcher.wishes = server.guard.wishes(server.limits)
    assert server.watcher.compare("t46005") == server.guard.LONGEST_WAIT


def test_before_a_start_what_would_stop_recovery_is_mended(server):
    server.size = 900
    (server.data / "t46005").rmdir()
    made = []
    server.guard.ask = lambda arguments, stdin="": (
        made.append(" ".join(arguments)),
        arguments[:3] == ["btrfs", "subvolume", "create"] and Path(arguments[3]).mkdir(),
    )
    server.guard.make_room(server.data, server.notes)
    assert made[0].startswith("btrfs subvolume create ")
    assert made[-1].startswith(f"btrfs qgroup limit {(100 + 2048) * MIB} ")
    assert server.note == "cut"
