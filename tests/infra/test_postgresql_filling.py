"""A municipality's PostgreSQL database is filled, or its making interrupted; neither neighbour nor server feels it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest

from tests.deployed import wait_until
from tests.infra.databases import GOLDEN, LIMIT_MIB, PLACE, PSQL, Databases

pytestmark = pytest.mark.lab

UNIT = "postgresql@17-main.service"
HEADROOM_MIB = 1024
# What the write-ahead log aims to stay under, twice: whoever writes faster than a checkpoint passes it.
WAL_MIB = 2 * 1024
SLOWEST_S = 15
ROWS = "SELECT repeat(md5(g::text), 30) AS a FROM generate_series(1, {rows}) g"


class Neighbour(threading.Thread):
    """Reads and writes all the while, and keeps what it was told."""

    def __init__(self, databases: Databases) -> None:
        super().__init__()
        self.databases, self.over = databases, threading.Event()
        self.rounds, self.slowest, self.trouble = 0, 0.0, ""

    def run(self) -> None:
        statement = "UPDATE t1 SET b = b + 1 WHERE id = 1; INSERT INTO t2 (a) VALUES ('x'); SELECT 'well';"
        while not self.over.is_set() and not self.trouble:
            begun = time.monotonic()
            said = self.databases.ask(self.databases.second, statement)
            self.rounds, self.slowest = self.rounds + 1, max(self.slowest, time.monotonic() - begun)
            if said.text != "well":
                self.trouble = said.text or "nothing"
            self.over.wait(0.2)


@pytest.fixture
def neighbour(databases: Databases) -> Iterator[None]:
    """It answers all along, nothing crashes, checkpoints work at the end, and the log stays bounded."""
    started = databases.started()
    other = Neighbour(databases)
    other.start()
    try:
        yield
    finally:
        other.over.set()
        other.join()
    assert not other.trouble
    assert other.rounds > 5
    assert other.slowest < SLOWEST_S
    assert databases.started() == started, "PostgreSQL crashed"
    databases.admin("CHECKPOINT;")
    assert int(databases.sh("du -sm /srv/postgresql/17/main/pg_wal | cut -f1")) < WAL_MIB


def mend(databases: Databases) -> None:
    """What a municipality, or the ops team, does about it; then all is as before."""
    name = databases.first
    databases.sh("systemctl start nuage-postgresql-guard")
    for table in ("filled", "filled2", "filled3"):
        databases.admin(f"DROP TABLE IF EXISTS public.{table}", name)
    databases.wait_for_state(name, "ok", "near")
    assert databases.ask(name, "INSERT INTO t1 (a) VALUES ('again');").code == 0
    assert databases.ensure(name) == []


def flood(databases: Databases, statement: str, times: int, abreast: int = 1, pause: float = 0) -> str:
    """What a municipality's sessions are told that want no timeout."""
    run = f"timeout 240 {databases.signed_in(databases.first)} -c 'SET statement_timeout = 0' -c \"$1\" 2>&1 || true"
    script = f"set -- {json.dumps(statement)}; for i in $(seq {times}); do {run}; sleep {pause}; done"
    return databases.sh("{ " + f"({script}) & " * abreast + "wait; }")


@pytest.mark.usefixtures("neighbour")
def test_a_full_database_is_read_and_emptied_and_works_again(databases: Databases) -> None:
    name = databases.first
    try:
        databases.ask(name, "CREATE TABLE filled (id bigserial PRIMARY KEY, a text);")
        insert = f"INSERT INTO filled (a) {ROWS.format(rows=10_000)}"
        # Not faster than a guard on a busy machine looks.
        said = flood(databases, insert, 40, pause=0.3)
        assert "permission denied for table filled" in said
        databases.wait_for_state(name, "full")
        told = databases.state(name)
        assert told["limit_mib"] == LIMIT_MIB
        assert LIMIT_MIB <= told["used_mib"] < LIMIT_MIB + HEADROOM_MIB // 2
        assert databases.ask(name, "SELECT count(*) FROM t3;").text == "200"
        for statement in (
            "INSERT INTO t1 (a) VALUES ('x')",
            "CREATE TABLE x ()",
            "CREATE TEMP TABLE x ()",
            "CREATE INDEX ON filled (a)",
            "ALTER TABLE filled OWNER TO t99001",
            "GRANT INSERT ON filled TO t99001; INSERT INTO filled (a) VALUES ('x')",
        ):
            assert databases.ask(name, f"{statement};").code == 3, statement
        # A deployment meanwhile changes nothing of it.
        assert databases.ensure(name) == []
        assert databases.state(name)["state"] == "full"
        assert databases.ask(name, "DELETE FROM filled;").code == 0
        databases.wait_for_state(name, "ok", "near")
        assert databases.ask(name, f"{insert.replace('10000', '10')};").code == 0
    finally:
        mend(databases)


@pytest.mark.usefixtures("neighbour")
@pytest.mark.parametrize(
    ("statement", "abreast"),
    [
        (f"CREATE TABLE filled AS {ROWS.format(rows=2_000_000)}", 1),
        (f"CREATE TEMP TABLE x AS {ROWS.format(rows=2_000_000)}", 4),
        (
            "SET work_mem = '64kB'; SELECT count(*) FROM (SELECT md5(a.g::text || b.g::text) m"
            " FROM generate_series(1, 4000) a(g), generate_series(1, 4000) b(g) ORDER BY m OFFSET 1) x",
            8,
        ),
    ],
    ids=["one transaction", "temporary tables", "temporary files"],
)
def test_floods_are_stopped(databases: Databases, statement: str, abreast: int) -> None:
    try:
        said = flood(databases, statement, 1, abreast)
        stopped = ("terminating connection", "quota", "temp_file_limit", "permission denied", "not permitted")
        assert any(word in said for word in stopped), said
    finally:
        mend(databases)


@pytest.mark.usefixtures("neighbour")
def test_rows_changed_again_and_again_come_to_an_end(databases: Databases) -> None:
    name = databases.first
    try:
        databases.ask(name, f"CREATE TABLE filled AS {ROWS.format(rows=60_000)};")
        flood(databases, "UPDATE filled SET a = a || 'x'", 12, 2)
        files = int(databases.sh(f"du -sm /srv/postgresql/tenants/{name} | cut -f1"))
        assert files < LIMIT_MIB + HEADROOM_MIB
    finally:
        mend(databases)


def test_without_its_guard_a_full_database_stops_checkpoints_until_the_guard_is_back(
    databases: Databases,
) -> None:
    """The hard limit is reached: the reason why there is a guard."""
    name, started = databases.first, databases.started()
    databases.sh("systemctl stop nuage-postgresql-guard")
    try:
        databases.ask(name, f"SET statement_timeout = 0; CREATE TABLE filled AS {ROWS.format(rows=500_000)};")
        said = flood(databases, f"INSERT INTO filled {ROWS.format(rows=300_000)}", 6)
        assert "Disk quota exceeded" in said
        assert (
            databases.ask(databases.second, "INSERT INTO t2 (a) VALUES ('x'); SELECT 'well';").text == "well"
        )
        databases.sh("systemctl start nuage-postgresql-guard")
        databases.wait_for_state(name, "cut")
        assert "not permitted to log in" in databases.ask(name, "SELECT 1;").text
        databases.admin("CHECKPOINT;")
        assert databases.started() == started
    finally:
        mend(databases)


def test_it_starts_again_after_a_crash_at_the_hard_limit(databases: Databases) -> None:
    name = databases.first
    databases.sh("systemctl stop nuage-postgresql-guard")
    try:
        databases.ask(name, f"SET statement_timeout = 0; CREATE TABLE filled AS {ROWS.format(rows=500_000)};")
        flood(databases, f"INSERT INTO filled {ROWS.format(rows=300_000)}", 6)
        databases.ask(name, "DELETE FROM t5; UPDATE t6 SET a = 'x';")
        crash(databases)
        assert databases.ask(databases.second, "SELECT 'well';").text == "well"
        databases.sh("systemctl start nuage-postgresql-guard")
        databases.wait_for_state(name, "cut")
    finally:
        mend(databases)


def crash(databases: Databases, meanwhile: str = "true") -> None:
    """As when the power goes: no process says goodbye."""
    databases.sh(f"systemctl kill --signal KILL --kill-whom all {UNIT}; {meanwhile}")
    answers = f"{PSQL} -U postgres -d postgres -c 'SELECT 1' >/dev/null 2>&1"
    wait_until(
        lambda: databases.sh(f"{answers} && echo up || echo down").strip() == "up", 60, "it is up again"
    )


@pytest.mark.parametrize("delay", [0.1, 0.3, 0.6])
def test_an_interrupted_clone_begins_again(databases: Databases, delay: float) -> None:
    name = "t99003"
    asked = {
        "do": "ensure",
        "name": name,
        "golden": GOLDEN,
        "limit": LIMIT_MIB,
        "read_only": False,
        "check": False,
    }
    databases.sh(f"useradd --no-create-home {name}")
    try:
        crash(
            databases,
            # The crash of PostgreSQL is over when this begins: it comes back by itself.
            f"sleep 4; (setsid python3 {PLACE}/driver.py <<< '{json.dumps(asked)}' >/dev/null 2>&1 & sleep {delay};"
            f" pkill -KILL -s $! || true); systemctl kill --signal KILL --kill-whom all {UNIT}; sleep 4",
        )
        whole = databases.admin(f"SELECT 1 FROM pg_database WHERE datname = '{name}'")
        changes = databases.ensure(name)
        assert (f"database {name}" in changes) is (whole == "")
        assert databases.ensure(name) == []
        assert (
            databases.ask(name, "SELECT count(*) FROM t40; INSERT INTO t40 (a) VALUES ('x');").text == "200"
        )
        assert databases.admin("SELECT count(*) FROM pg_database WHERE datname LIKE '%making'") == "0"
        # Whoever loses power may lose a folder that PostgreSQL's log knows of: all others start nevertheless.
        crash(databases, f"btrfs subvolume delete /srv/postgresql/tenants/{name}; sleep 4")
        assert databases.ask(databases.second, "SELECT 'well';").text == "well"
    finally:
        databases.call("destroy", name)
        databases.sh(f"userdel {name}")
    assert name not in databases.sh("ls /srv/postgresql/tenants").split()
