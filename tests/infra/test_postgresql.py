"""One municipality's PostgreSQL role against its neighbour and the server: each attempt is refused."""

from __future__ import annotations

import pytest

from tests.infra.databases import GOLDEN, Databases

pytestmark = pytest.mark.lab

OTHER = Databases.second
# Attempt, and what PostgreSQL must say to it.
REFUSED = [
    ("SELECT * FROM pg_stat_activity", "permission denied"),
    ("SELECT * FROM pg_stat_get_activity(NULL)", "permission denied"),
    ("SELECT pg_stat_get_backend_activity(1)", "permission denied"),
    ("SELECT * FROM pg_stat_database", "permission denied"),
    ("SELECT * FROM pg_stat_all_tables", "permission denied"),
    ("SELECT * FROM pg_locks", "permission denied"),
    ("SELECT * FROM pg_database", "permission denied"),
    ("SELECT * FROM pg_roles", "permission denied"),
    ("SELECT * FROM pg_user", "permission denied"),
    ("SELECT * FROM pg_authid", "permission denied"),
    ("SELECT * FROM pg_auth_members", "permission denied"),
    ("SELECT * FROM pg_shdepend", "permission denied"),
    ("SELECT * FROM pg_db_role_setting", "permission denied"),
    ("SELECT * FROM pg_tablespace", "permission denied"),
    ("SELECT * FROM pg_tablespace_databases(1663)", "permission denied"),
    ("SELECT pg_tablespace_location(1663)", "permission denied"),
    (f"SELECT pg_database_size('{OTHER}')", "permission denied"),
    (f"SELECT pg_tablespace_size('{OTHER}')", "permission denied"),
    ("SELECT pg_read_file('/etc/passwd')", "permission denied"),
    ("SELECT pg_read_binary_file('PG_VERSION')", "permission denied"),
    ("SELECT pg_ls_dir('/srv/postgresql/tenants')", "permission denied"),
    ("SELECT pg_stat_file('/etc/passwd')", "permission denied"),
    ("SELECT pg_ls_tmpdir()", "permission denied"),
    ("SELECT lo_import('/etc/passwd')", "permission denied"),
    ("SELECT lo_create(0)", "permission denied"),
    ("SELECT lo_from_bytea(0, 'x')", "permission denied"),
    ("COPY t1 (a) FROM '/etc/passwd'", "permission denied to COPY from a file"),
    ("COPY t1 TO '/tmp/nuage-test'", "permission denied to COPY to a file"),
    ("COPY t1 (a) FROM PROGRAM 'id'", "permission denied to COPY to or from an external program"),
    ("COPY t1 TO PROGRAM 'cat'", "permission denied to COPY to or from an external program"),
    ("CREATE EXTENSION dblink", "permission denied"),
    ("CREATE EXTENSION postgres_fdw", "permission denied"),
    ("CREATE EXTENSION file_fdw", "permission denied"),
    ("CREATE EXTENSION hstore", "permission denied"),
    ("CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'", "permission denied for language"),
    ("CREATE FUNCTION x() RETURNS int LANGUAGE c AS 'libc', 'system'", "permission denied for language"),
    ("DO $$ BEGIN END $$", "permission denied for language"),
    ("CREATE LANGUAGE plperlu", "is not available|permission denied"),
    ("LOAD '/lib/x86_64-linux-gnu/libc.so.6'", "access to library"),
    ("CREATE SERVER x FOREIGN DATA WRAPPER y", "does not exist"),
    (f"SET ROLE {OTHER}", "permission denied"),
    ("SET ROLE postgres", "permission denied"),
    ("SET ROLE holder", "permission denied"),
    ("SET ROLE golden", "permission denied"),
    (f"SET SESSION AUTHORIZATION {OTHER}", "permission denied"),
    ("CREATE ROLE x", "permission denied"),
    ("ALTER ROLE t99001 SUPERUSER", "permission denied"),
    ("ALTER ROLE t99001 CONNECTION LIMIT 1000", "permission denied"),
    (f"GRANT {OTHER} TO t99001", "permission denied"),
    ("CREATE DATABASE x", "permission denied"),
    (f"DROP DATABASE {OTHER}", "must be owner"),
    ("ALTER DATABASE t99001 CONNECTION LIMIT 1", "must be owner"),
    ("ALTER DATABASE t99001 SET work_mem = '1GB'", "must be owner"),
    (f"SET ROLE t99001; ALTER DATABASE t99001 OWNER TO {OTHER}", "must be owner"),
    ("CREATE SCHEMA x", "permission denied"),
    ("CREATE TABLESPACE x LOCATION '/tmp'", "permission denied"),
    ("CREATE TABLE x () TABLESPACE pg_default", "permission denied for tablespace"),
    (f"CREATE TABLE x () TABLESPACE {OTHER}", "permission denied for tablespace"),
    (f"ALTER TABLE t1 SET TABLESPACE {OTHER}", "permission denied for tablespace"),
    ("CREATE INDEX ON t1 (b) TABLESPACE pg_default", "permission denied for tablespace"),
    ("ALTER SYSTEM SET work_mem = '1GB'", "permission denied"),
    ("SET temp_file_limit = -1", "permission denied"),
    ("SET track_activities = off", "permission denied"),
    ("SET log_min_messages = debug5", "permission denied"),
    ("SET log_statement = 'all'", "permission denied"),
    ("SET session_preload_libraries = 'x'", "permission denied"),
    ("SET dynamic_library_path = '/tmp'", "permission denied"),
    ("SET session_replication_role = replica", "permission denied"),
    ("SELECT pg_advisory_lock(1)", "permission denied"),
    ("SELECT pg_try_advisory_xact_lock(1)", "permission denied"),
    ("SELECT pg_logical_emit_message(false, 'x', 'y')", "permission denied"),
    ("SELECT pg_export_snapshot()", "permission denied"),
    ("SELECT pg_switch_wal()", "permission denied"),
    ("SELECT pg_reload_conf()", "permission denied"),
    ("SELECT pg_stat_reset()", "permission denied"),
    ("SELECT * FROM pg_hba_file_rules", "permission denied"),
    ("CHECKPOINT", "permission denied"),
    ("CREATE PUBLICATION x", "permission denied"),
    ("CREATE SUBSCRIPTION x CONNECTION 'dbname=x' PUBLICATION x", "permission denied"),
    ("BEGIN; PREPARE TRANSACTION 'x'", "prepared transactions are disabled"),
    ("SELECT pg_create_physical_replication_slot('x')", "permission denied"),
    ("INSERT INTO pg_class DEFAULT VALUES", "permission denied"),
]
DOORS = [
    (OTHER, ""),
    ("postgres", ""),
    ("template1", ""),
    ("template0", ""),
    (GOLDEN, ""),
    (OTHER, OTHER),
    ("postgres", "postgres"),
    ("", "postgres"),
    ("", "holder"),
    ("", "golden"),
    (GOLDEN, "golden"),
]


@pytest.mark.parametrize(("statement", "answer"), REFUSED, ids=[pair[0][:60] for pair in REFUSED])
def test_refused(databases: Databases, statement: str, answer: str) -> None:
    said = databases.ask(databases.first, f"{statement};")
    assert said.code != 0, said
    assert any(f"{word}" in said.text for word in answer.split("|")), said


@pytest.mark.parametrize(("database", "role"), DOORS)
def test_doors_are_closed(databases: Databases, database: str, role: str) -> None:
    said = databases.ask(databases.first, "SELECT 1;", database=database, role=role)
    assert said.code == 2, said
    assert "rejects connection" in said.text or "Peer authentication failed" in said.text, said


def test_no_replication_and_no_address(databases: Databases) -> None:
    assert "FATAL" in databases.ask(databases.first, "SELECT 1;", options="replication=database").text
    listening = databases.admin("SHOW listen_addresses")
    assert listening in ("", "127.0.0.1")
    assert databases.ask(databases.first, "SELECT 1;", options="host=127.0.0.1").code == 2


def test_the_neighbours_sessions_are_neither_seen_nor_ended(databases: Databases) -> None:
    databases.sh(
        f"setsid {databases.signed_in(OTHER)} -c 'SELECT pg_sleep(20)' </dev/null >/dev/null 2>&1 & sleep 2"
    )
    pid = databases.admin(f"SELECT pid FROM pg_stat_activity WHERE usename = '{OTHER}' AND state = 'active'")
    assert pid.isdigit()
    for function in ("pg_terminate_backend", "pg_cancel_backend"):
        said = databases.ask(databases.first, f"SELECT {function}({pid});")
        assert "permission denied" in said.text, said
    assert databases.admin(f"SELECT pid FROM pg_stat_activity WHERE pid = {pid}") == pid
    databases.admin(f"SELECT pg_terminate_backend({pid})")


def test_what_an_application_needs_works(databases: Databases) -> None:
    said = databases.ask(
        databases.first,
        "BEGIN; CREATE TABLE made (id bigserial PRIMARY KEY, a jsonb); INSERT INTO made (a) VALUES ('{}') RETURNING id;"
        " CREATE INDEX ON made (id); LOCK TABLE made; CREATE TEMP TABLE t AS SELECT * FROM made;"
        " ALTER TABLE t1 ADD c int; UPDATE t1 SET c = 1; SELECT count(*) FROM information_schema.tables;"
        " SELECT relname FROM pg_class LIMIT 1; SHOW server_version; SELECT version(); TRUNCATE t1; ROLLBACK;"
        f" SELECT pg_database_size('{databases.first}') > 0;",
    )
    assert said.code == 0, said
    assert said.text.startswith("1\n")
    assert said.text.endswith("\nt")


def test_memory_of_one_session_is_bounded(databases: Databases) -> None:
    started = databases.started()
    said = databases.ask(
        databases.first,
        "SET work_mem = '8GB'; SELECT length(string_agg(repeat('x', 1000000), '')) FROM generate_series(1, 900);",
    )
    assert "out of memory" in said.text, said
    assert databases.started() == started
    assert databases.ask(databases.second, "SELECT 1;").text == "1"


def test_connections_of_one_municipality_are_bounded(databases: Databases) -> None:
    one = f"{{ {databases.signed_in(databases.first)} -c 'SELECT pg_sleep(3)' 2>&1 & }}; "
    said = databases.sh(one * 14 + "wait")
    assert "too many connections for role" in said
    assert databases.ask(databases.second, "SELECT 1;").text == "1"


def test_nothing_of_a_municipality_reaches_the_journal(databases: Databases) -> None:
    databases.ask(databases.first, "SELECT 'nuage-test-secret'::int;")
    databases.ask(databases.first, "SELECT * FROM nuage_test_secret;")
    databases.sh("journalctl --sync || true")
    assert "nuage" not in databases.sh(
        "journalctl -u postgresql@17-main --since -1min -o cat | grep -i secret || true"
    )


DRIFT = f"""
ALTER ROLE t99001 SUPERUSER CREATEDB CONNECTION LIMIT 100 PASSWORD 'x';
GRANT pg_read_server_files, {OTHER} TO t99001;
GRANT CONNECT ON DATABASE {OTHER} TO t99001;
GRANT CREATE ON TABLESPACE {OTHER} TO t99001;
GRANT SET ON PARAMETER log_min_messages TO t99001;
ALTER ROLE t99001 SET work_mem = '1GB';
ALTER DATABASE t99001 OWNER TO t99001;
GRANT ALL ON DATABASE t99001 TO PUBLIC;
\\connect t99001
GRANT EXECUTE ON FUNCTION pg_read_file(text) TO t99001;
GRANT SELECT ON pg_authid TO t99001;
GRANT SELECT ON pg_stat_activity TO PUBLIC;
GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC;
GRANT ALL ON SCHEMA public TO PUBLIC;
GRANT SELECT ON t1 TO {OTHER};
ALTER TABLE t2 OWNER TO golden;
"""


def test_what_was_given_by_hand_is_taken_back(databases: Databases) -> None:
    assert databases.ensure(databases.first) == []
    databases.admin(DRIFT)
    told = databases.ensure(databases.first, check=True)
    assert told
    assert databases.ensure(databases.first) == told
    assert databases.ensure(databases.first) == []
    for statement in (
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT * FROM pg_authid",
        "SELECT * FROM pg_stat_activity",
    ):
        assert "permission denied" in databases.ask(databases.first, f"{statement};").text
    assert databases.ask(databases.first, "SHOW work_mem;").text != "1GB"
    assert databases.ask(databases.first, "ALTER TABLE t2 ADD z int; ALTER TABLE t2 DROP z;").code == 0


def test_a_database_that_may_only_be_read(databases: Databases) -> None:
    assert databases.ensure(databases.first, read_only=True)
    try:
        assert databases.ensure(databases.first, read_only=True) == []
        assert databases.ask(databases.first, "SELECT count(*) FROM t1;").text == "200"
        for statement in (
            "INSERT INTO t1 (a) VALUES ('x')",
            "DELETE FROM t1",
            "CREATE TABLE x ()",
            "CREATE TEMP TABLE x ()",
            "GRANT INSERT ON t1 TO t99001; INSERT INTO t1 (a) VALUES ('x')",
            "ALTER TABLE t1 OWNER TO t99001",
            "SET default_transaction_read_only = off; UPDATE t1 SET a = 'x'",
        ):
            said = databases.ask(databases.first, f"{statement};")
            assert "permission denied" in said.text or "must be owner" in said.text, said
    finally:
        databases.ensure(databases.first)
    assert databases.ask(databases.first, "UPDATE t1 SET b = 1;").code == 0
