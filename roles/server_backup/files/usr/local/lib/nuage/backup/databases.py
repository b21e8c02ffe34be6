# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dumps of a municipality's databases as of one moment, and how many rows each table had then."""

from __future__ import annotations

import subprocess
import tempfile
import time

from moment import Session
from settings import ENVIRONMENT, BackupError

BIN = "/usr/lib/postgresql/17/bin"
SOCKETS = "/run/postgresql"
OPTIONS = (
    "-c search_path=pg_catalog -c client_min_messages=warning -c lock_timeout=10s -c statement_timeout=0"
    " -c idle_in_transaction_session_timeout=0 -c default_transaction_read_only=off"
)
BEGUN_S = 15
COUNTED = (
    "SELECT format('SELECT %L, count(*) FROM %I.%I;', schemaname || '.' || tablename, schemaname, tablename)"
    " FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1;"
)

EMPTY = """
SELECT format('DROP %s public.%I CASCADE;', CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
              WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname)
  FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
   AND NOT relispartition ORDER BY relkind DESC, relname \\gexec
SELECT format('DROP SEQUENCE public.%I CASCADE;', relname)
  FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' \\gexec
SELECT format('DROP ROUTINE %s CASCADE;', oid::regprocedure)
  FROM pg_proc WHERE pronamespace = 'public'::regnamespace \\gexec
"""
"""Nothing is left of the municipality's own in its database; who may do what there stays."""


class MariaDb:
    """A website's. Two sessions begin while nothing writes, so both see the same: one dumps, one counts."""

    file = "wordpress.sql"
    client = ("mariadb", "--batch", "--skip-column-names", "--unbuffered", "--skip-reconnect")

    def __init__(self, name):
        self.name = name
        self.counting = self.dumping = self.stream = None

    def begin(self, folder):
        """Returns once both have begun."""
        self.counting = Session(self.client)
        self.counting.ask("SET SESSION max_statement_time=0, idle_transaction_timeout=0;")
        last = int(self.counting.ask("SELECT CONNECTION_ID();")[0][0])
        self.counting.ask(
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY;"
        )
        command = ["mariadb-dump", "--single-transaction", "--quick", "--skip-dump-date", "--hex-blob"]
        command += ["--default-character-set=utf8mb4", "--triggers", "--no-tablespaces", "--skip-lock-tables"]
        self.stream = (folder / self.file).open("wb")
        self.dumping = subprocess.Popen(
            [*command, self.name],
            stdin=subprocess.DEVNULL,
            stdout=self.stream,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
            cwd="/",
        )
        # It takes the database up after its transaction has begun.
        begun = (
            "SELECT COUNT(*) FROM information_schema.processlist"
            f" WHERE user = 'root' AND db = '{self.name}' AND id > {last};"
        )
        deadline = time.monotonic() + BEGUN_S
        while self.dumping.poll() is None and self.counting.ask(begun) == [["0"]]:
            if time.monotonic() > deadline:
                raise BackupError("backup.database-failed", "the dump doesn't begin")
            time.sleep(0.005)

    def finish(self):
        """Rows by table, once the dump is whole."""
        said = self.dumping.stderr.read().decode(errors="replace")
        if self.dumping.wait() != 0:
            raise BackupError("backup.database-failed", said[-1500:])
        return self.counted(self.counting, self.name)

    @staticmethod
    def tables(session, name):
        """Names of the database's tables."""
        asked = (
            "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
            f" AND table_schema = '{name}' ORDER BY table_name;"
        )
        return [row[0].replace("`", "``") for row in session.ask(asked)]

    @classmethod
    def counted(cls, session, name):
        """Rows by table, as a session sees them."""
        return {
            table: int(session.ask(f"SELECT COUNT(*) FROM `{name}`.`{table}`;")[0][0])
            for table in cls.tables(session, name)
        }

    @classmethod
    def count(cls, name):
        """Rows by table, now."""
        session = Session(cls.client)
        try:
            return cls.counted(session, name)
        finally:
            session.close()

    @classmethod
    def load(cls, name, dump, role=None):
        """The dump in the place of all tables that are there."""
        session = Session(cls.client)
        try:
            session.ask("SET SESSION max_statement_time=0, foreign_key_checks=0;")
            for table in cls.tables(session, name):
                session.ask(f"DROP TABLE `{name}`.`{table}`;")
        finally:
            session.close()
        quick = "SET SESSION max_statement_time=0, unique_checks=0, foreign_key_checks=0"
        with dump.open("rb") as stream:
            done = subprocess.run(
                ["mariadb", f"--init-command={quick}", name],
                stdin=stream,
                capture_output=True,
                env=ENVIRONMENT,
                cwd="/",
                check=False,
            )
        if done.returncode != 0:
            raise BackupError("backup.restore-failed", done.stderr.decode(errors="replace")[-1500:])

    def close(self):
        """Whatever happened."""
        if self.dumping is not None and self.dumping.poll() is None:
            self.dumping.kill()
            self.dumping.wait()
        if self.stream is not None:
            self.stream.close()
        if self.counting is not None:
            self.counting.close()


class PostgreSql:
    """Nextcloud's. One transaction exports what it sees; the dump and the counts see that."""

    file = "nextcloud.sql"

    def __init__(self, name):
        self.name = name
        self.session = self.exported = self.folder = None

    def begin(self, folder):
        """Returns once the moment is held."""
        self.folder = folder
        self.session = self.opened(self.name)
        rows = self.session.ask(
            "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT pg_export_snapshot();"
        )
        self.exported = rows[0][0]

    def finish(self):
        """Rows by table, once the dump is whole."""
        command = [f"{BIN}/pg_dump", f"--snapshot={self.exported}", "--no-owner", "--no-privileges"]
        command += ["--username=postgres", f"--host={SOCKETS}", f"--dbname={self.name}"]
        command += [f"--file={self.folder / self.file}", "--no-tablespaces"]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**ENVIRONMENT, "PGOPTIONS": OPTIONS},
            cwd="/",
            check=False,
        )
        if done.returncode != 0:
            raise BackupError("backup.database-failed", done.stderr.decode(errors="replace")[-1500:])
        return self.counted(self.session)

    @staticmethod
    def psql(name):
        """The client, as the server's administrator."""
        client = [
            f"{BIN}/psql",
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--field-separator=\t",
        ]
        return [
            *client,
            "--set=ON_ERROR_STOP=1",
            "--username=postgres",
            f"--host={SOCKETS}",
            f"--dbname={name}",
        ]

    @classmethod
    def opened(cls, name):
        """A session that asks."""
        return Session(cls.psql(name), {"PGOPTIONS": OPTIONS, "PGCONNECT_TIMEOUT": "20"})

    @staticmethod
    def counted(session):
        """Rows by table, as a session sees them."""
        statements = "\n".join(row[0] for row in session.ask(COUNTED))
        return {table: int(count) for table, count in session.ask(statements)} if statements else {}

    @classmethod
    def count(cls, name):
        """Rows by table, now."""
        session = cls.opened(name)
        try:
            return cls.counted(session)
        finally:
            session.close()

    @classmethod
    def load(cls, name, dump, role=None):
        """The dump in the place of all that is there, in one transaction: the whole of it, or nothing.

        It belongs to ``role``: to the municipality, or with an empty one to PostgreSQL's own.
        """
        owner = name if role is None else role
        with tempfile.NamedTemporaryFile("w", dir="/run") as before:
            before.write(EMPTY + (f"SET ROLE {owner};\n" if owner else ""))
            before.flush()
            files = [f"--file={before.name}", f"--file={dump}"]
            done = subprocess.run(
                [*cls.psql(name), "--single-transaction", *files],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env={**ENVIRONMENT, "PGOPTIONS": OPTIONS},
                cwd="/",
                check=False,
            )
        if done.returncode != 0:
            raise BackupError("backup.restore-failed", done.stderr.decode(errors="replace")[-1500:])

    def close(self):
        """Whatever happened."""
        if self.session is not None:
            self.session.close()


KINDS = {"wordpress": MariaDb, "nextcloud": PostgreSql}
