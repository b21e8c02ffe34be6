# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dumps of a municipality's databases as of one moment, and how many rows each table had then."""

from __future__ import annotations

import subprocess
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


class MariaDb:
    """A website's. Two sessions begin while nothing writes, so both see the same: one dumps, one counts."""

    file = "wordpress.sql"

    def __init__(self, name):
        self.name = name
        self.counting = self.dumping = self.stream = None

    def begin(self, folder):
        """Returns once both have begun."""
        client = ["mariadb", "--batch", "--skip-column-names", "--unbuffered", "--skip-reconnect"]
        self.counting = Session(client)
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
        tables = self.counting.ask(
            "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
            f" AND table_schema = '{self.name}' ORDER BY table_name;"
        )
        found = {}
        for (table,) in tables:
            quoted = table.replace("`", "``")
            found[table] = int(self.counting.ask(f"SELECT COUNT(*) FROM `{self.name}`.`{quoted}`;")[0][0])
        return found

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
        client = [f"{BIN}/psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--field-separator=\t"]
        client += ["--set=ON_ERROR_STOP=1", "--username=postgres", f"--host={SOCKETS}", f"--dbname={self.name}"]
        self.session = Session(client, {"PGOPTIONS": OPTIONS, "PGCONNECT_TIMEOUT": "20"})
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
        counted = "\n".join(row[0] for row in self.session.ask(COUNTED))
        return {table: int(count) for table, count in self.session.ask(counted)} if counted else {}

    def close(self):
        """Whatever happened."""
        if self.session is not None:
            self.session.close()


KINDS = {"wordpress": MariaDb, "nextcloud": PostgreSql}
