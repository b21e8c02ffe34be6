# SPDX-License-Identifier: AGPL-3.0-or-later
"""PostgreSQL as its administrator, over the Unix socket: statements, what strangers may not see, services' roles."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import string
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import (
    ProgramError,
    run,
    write_atomic,
)

PSQL = "/usr/lib/postgresql/17/bin/psql"
"""Not Debian's wrapper in /usr/bin, which takes longer than most statements."""
PASSWORDS = Path("/var/lib/nuage/postgresql")
SERVICE = re.compile(r"[a-z][a-z_]{0,30}")
RESERVED = frozenset({"postgres", "template0", "template1", "golden", "holder"})
ITERATIONS = 4096

# What a municipality could write in a name is never looked up before what is PostgreSQL's own.
OPTIONS = (
    "-c search_path=pg_catalog -c client_min_messages=warning -c lock_timeout=10s -c statement_timeout=280s"
    " -c idle_in_transaction_session_timeout=0 -c default_transaction_read_only=off"
)

HARDENING = r"""
SELECT format('REVOKE ALL ON pg_catalog.%I FROM PUBLIC', relname) FROM pg_class
 WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v')
   AND relname ~ ('^(pg_stat_.*|pg_statio_.*|pg_database|pg_roles|pg_user|pg_group|pg_auth_members|pg_locks'
               || '|pg_db_role_setting|pg_parameter_acl|pg_shdepend|pg_shdescription|pg_shseclabel|pg_tablespace'
               || '|pg_prepared_xacts|pg_replication_.*|pg_subscription.*)$')
   AND (has_table_privilege('public', oid, 'SELECT') OR has_any_column_privilege('public', oid, 'SELECT'))
UNION ALL
SELECT format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', oid::regprocedure) FROM pg_proc
 WHERE pronamespace = 'pg_catalog'::regnamespace
   AND proname ~ ('^(pg_stat_get_(activity|backend_.*|db_.*|progress_info|replication_.*|wal.*|subscription.*|slru|io'
               || '|bgwriter.*|checkpointer.*|archiver|buf.*)|pg_lock_status|pg_blocking_pids|pg_prepared_xact'
               || '|pg_safe_snapshot_blocking_pids|pg_(try_)?advisory_.*|pg_logical_emit_message'
               || '|pg_tablespace_(databases|location)|pg_export_snapshot|lo_.*|loread|lowrite)$')
   AND has_function_privilege('public', oid, 'EXECUTE')
UNION ALL
SELECT format('REVOKE ALL ON LANGUAGE %I FROM PUBLIC', lanname) FROM pg_language
 WHERE lanpltrusted AND has_language_privilege('public', oid, 'USAGE')
UNION ALL
SELECT 'REVOKE ALL ON SCHEMA public FROM PUBLIC'
 WHERE has_schema_privilege('public', 'public', 'USAGE') OR has_schema_privilege('public', 'public', 'CREATE')
UNION ALL
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database())
 WHERE has_database_privilege('public', current_database(), 'CONNECT')
    OR has_database_privilege('public', current_database(), 'TEMPORARY')
"""
"""Statements that are still to be run, so that nothing is done where nothing is open.

The catalogs that all databases share name every municipality; statistics and locks tell what others do. Advisory
locks fill a table that all share; large objects and messages in the log grow what no table shows. Without a
language, nobody makes functions.
"""


def sql(statements, database="postgres", **variables):
    """Rows that psql prints, one a line, fields separated by tabs; ``variables`` are psql's own, quoted by ``:'name'``.

    Statements go by standard input and each is a transaction of its own, unless they say BEGIN.
    """
    command = [PSQL, "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--field-separator=\t"]
    command += ["--set=ON_ERROR_STOP=1", "--username=postgres", f"--dbname={database}"]
    command += [f"--set={name}={value}" for name, value in variables.items()]
    environment = {"PGOPTIONS": OPTIONS, "PGHOST": "/run/postgresql", "PGCONNECT_TIMEOUT": "20"}
    return run(command, stdin=statements, environment=environment).splitlines()


def harden(database, check_mode):
    """Take from strangers what a database of PostgreSQL gives them. Returns what changed, in words."""
    statements = sql(HARDENING, database)
    if statements and not check_mode:
        sql("BEGIN;\n" + ";\n".join(statements) + ";\nCOMMIT;", database)
    return [f"privileges of strangers on {database}"] if statements else []


def verifier(password, salt):
    """What PostgreSQL keeps of a SCRAM password (RFC 5803)."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    kept = [base64.b64encode(each).decode() for each in (salt, stored, server)]
    return f"SCRAM-SHA-256${ITERATIONS}:{kept[0]}${kept[1]}:{kept[2]}"


def accepts(found, password):
    """Whether a kept verifier is that of the password."""
    match = re.fullmatch(rf"SCRAM-SHA-256\${ITERATIONS}:([A-Za-z0-9+/=]+)\$.*", found)
    return bool(match) and hmac.compare_digest(found, verifier(password, base64.b64decode(match.group(1))))


def password_of(name, check_mode):
    """A service's password and whether it is new; made once, in a file that root alone reads."""
    path = PASSWORDS / f"{name}.password"
    if path.exists():
        return path.read_text(encoding="ascii").strip(), False
    letters = string.ascii_letters + string.digits
    password = "".join(secrets.choice(letters) for _ in range(32))
    if not check_mode:
        PASSWORDS.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(path, f"{password}\n".encode("ascii"), 0o600)
    return password, True


OWN_ROLES = """
SELECT format('CREATE ROLE %I', role) FROM unnest(ARRAY['golden', 'holder']) role
 WHERE to_regrole(quote_ident(role)) IS NULL
UNION ALL
SELECT format('ALTER ROLE %I %s NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD NULL', role,
              CASE role WHEN 'golden' THEN 'LOGIN' ELSE 'NOLOGIN' END) FROM unnest(ARRAY['golden', 'holder']) role
 WHERE NOT EXISTS (SELECT FROM pg_authid
   WHERE rolname = role AND rolcanlogin = (role = 'golden') AND rolpassword IS NULL
     AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication
     OR rolbypassrls));
"""
"""``golden`` owns what is cloned; ``holder``, as whom nobody signs in, what a municipality may not change."""


def own_roles(check_mode):
    """The two roles that are neither a municipality's nor a service's. Returns what changed, in words."""
    statements = sql(OWN_ROLES)
    if statements and not check_mode:
        sql(";\n".join(statements) + ";")
    return ["roles golden and holder"] if statements else []


SERVICE_STATE = """
SELECT rolpassword FROM pg_authid WHERE rolname = :'name' AND rolcanlogin AND rolconnlimit = :connections
   AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)
   AND oid NOT IN (SELECT member FROM pg_auth_members);
SELECT 'database' FROM pg_database WHERE datname = :'name' AND datdba = to_regrole(quote_ident(:'name'))
   AND NOT has_database_privilege('public', oid, 'CONNECT');
"""
SERVICE_ROLE = """
SELECT format('CREATE ROLE %I', :'name') WHERE to_regrole(quote_ident(:'name')) IS NULL \\gexec
SELECT format('REVOKE %s FROM %I', roleid::regrole, :'name') FROM pg_auth_members
 WHERE member = to_regrole(quote_ident(:'name')) \\gexec
ALTER ROLE :"name" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
  CONNECTION LIMIT :connections PASSWORD :'kept';
ALTER ROLE :"name" SET log_min_messages = fatal;
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0', :'name', :'name')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
ALTER DATABASE :"name" OWNER TO :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
"""


def service(name, connections, check_mode):
    """Role and database of a service that signs in over loopback. Returns what changed, in words."""
    if not SERVICE.fullmatch(name) or name in RESERVED:
        raise ProgramError(f"{name} can't be the name of a service")
    password, is_new = password_of(name, check_mode)
    found = sql(SERVICE_STATE, name=name, connections=connections)
    if not is_new and len(found) == 2 and accepts(found[0], password):
        return []
    if not check_mode:
        # By standard input: nothing of a password on a command line.
        kept = verifier(password, os.urandom(16))
        sql(f"\\set kept '{kept}'\n{SERVICE_ROLE}", name=name, connections=connections)
    return [f"role and database {name}"]
