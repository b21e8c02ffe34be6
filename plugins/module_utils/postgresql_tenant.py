# SPDX-License-Identifier: AGPL-3.0-or-later
"""A municipality's database: cloned from a golden one into a limited subvolume, and kept as it should be.

The database of a municipality bears its name only once it is whole: a clone that was interrupted is found by its
absence and begins again.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils import btrfs, postgresql
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import (
    ProgramError,
    run,
    write_atomic,
)

MIB = 1024 * 1024
HEADROOM_MIB = 1024
"""Between what a municipality may use and the hard limit, where checkpoints of all fail: see postgresql_guard.py."""
GUARD = Path("/var/lib/nuage/postgresql-guard")
LIMITS = Path("/etc/nuage/postgresql/tenants")
ACCESS = Path("/usr/local/lib/nuage/postgresql_access.sql")
NAME = re.compile(r"t[0-9]{5}")
GOLDEN = re.compile(r"golden_[0-9a-z_]{1,40}|t[0-9]{5}_before")
"""What is cloned; the latter is a municipality's own, of before an upgrade."""
SETTINGS = {"idle_session_timeout": "300s", "log_min_messages": "fatal", "transaction_timeout": "900s"}
"""For the role; a superuser's words, so that what it may not set for itself it can't take back either."""

SHARED = """
SELECT format('CREATE ROLE %I', :'name') WHERE to_regrole(quote_ident(:'name')) IS NULL
UNION ALL
SELECT format('ALTER ROLE %I %s NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT %s'
              ' PASSWORD NULL VALID UNTIL ''infinity''', :'name', :'login', :'connections')
 WHERE NOT EXISTS (SELECT FROM pg_authid WHERE rolname = :'name' AND rolcanlogin = (:'login' = 'LOGIN')
   AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls) AND rolinherit
   AND rolconnlimit = :connections AND rolpassword IS NULL AND rolvaliduntil = 'infinity')
UNION ALL
SELECT format('REVOKE %s FROM %s', roleid::regrole, member::regrole) FROM pg_auth_members
 WHERE member = to_regrole(quote_ident(:'name')) OR roleid = to_regrole(quote_ident(:'name'))
UNION ALL
SELECT format('ALTER ROLE %I %s RESET ALL', :'name', coalesce(format('IN DATABASE %I', datname), ''))
  FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase
 WHERE setrole = to_regrole(quote_ident(:'name')) AND setdatabase <> 0
UNION ALL
SELECT format('ALTER ROLE %I RESET ALL', :'name')
    || (SELECT string_agg(format('; ALTER ROLE %I SET %s = %L', :'name', split_part(s, '=', 1), split_part(s, '=', 2)),
                          '') FROM unnest(string_to_array(:'settings', ',')) s)
 WHERE NOT EXISTS (SELECT FROM pg_db_role_setting WHERE setrole = to_regrole(quote_ident(:'name')) AND setdatabase = 0
   AND ARRAY(SELECT unnest(setconfig) ORDER BY 1) = string_to_array(:'settings', ','))
UNION ALL
SELECT format('REVOKE ALL ON %s FROM %I', CASE classid
         WHEN 'pg_database'::regclass
           THEN (SELECT format('DATABASE %I', datname) FROM pg_database WHERE oid = objid)
         WHEN 'pg_tablespace'::regclass
           THEN (SELECT format('TABLESPACE %I', spcname) FROM pg_tablespace WHERE oid = objid)
         ELSE (SELECT format('PARAMETER %s', parname) FROM pg_parameter_acl WHERE oid = objid) END, :'name')
  FROM pg_shdepend
 WHERE refobjid = to_regrole(quote_ident(:'name')) AND refclassid = 'pg_authid'::regclass AND dbid = 0 AND deptype = 'a'
   AND classid IN ('pg_database'::regclass, 'pg_tablespace'::regclass, 'pg_parameter_acl'::regclass)
   AND objid NOT IN (SELECT oid FROM pg_database WHERE datname IN (:'name', :'name' || '_making'))
UNION ALL
SELECT format('ALTER DATABASE %I OWNER TO postgres', datname) FROM pg_database
 WHERE datdba = to_regrole(quote_ident(:'name')) OR datname = :'name' AND datdba <> 'postgres'::regrole
UNION ALL
SELECT format('ALTER DATABASE %I RESET ALL', datname) FROM pg_database d
 WHERE datname = :'name' AND EXISTS (SELECT FROM pg_db_role_setting WHERE setdatabase = d.oid AND setrole = 0);
"""
"""Statements that are still to be run on what all databases share: the role and its privileges elsewhere."""
CLONE = """
SELECT format('CREATE TABLESPACE %I LOCATION %L', :'name', :'place') \\gexec
SELECT format('CREATE DATABASE %I TEMPLATE %I TABLESPACE %I STRATEGY WAL_LOG', :'name' || '_making', :'golden', :'name')
\\gexec
"""
UNMAKE = """
SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database WHERE datname IN (:names) \\gexec
SELECT count(*) FROM pg_database WHERE dattablespace = (SELECT oid FROM pg_tablespace WHERE spcname = :'name');
"""


@dataclass(frozen=True)
class Wanted:
    """What a municipality's database is to be."""

    golden: str
    limit_mib: int
    connections: int = 20
    read_only: bool = False


def checked(pattern, name):
    """The name, which goes into paths.

    Raises:
        ProgramError: it is none of ours.
    """
    if not pattern.fullmatch(name):
        raise ProgramError(f"{name} is not a name that fits {pattern.pattern}")
    return name


def found(name):
    """What there is of a municipality's database: "whole", "making" and "tablespace", or some of them."""
    return postgresql.sql(
        "SELECT 'whole' FROM pg_database WHERE datname = :'name' UNION ALL"
        " SELECT 'making' FROM pg_database WHERE datname = :'name' || '_making' UNION ALL"
        " SELECT 'tablespace' FROM pg_tablespace WHERE spcname = :'name';",
        name=name,
    )


def has_golden(golden):
    """Whether a golden database is there and was finished.

    Raises:
        ProgramError: what databases share belongs to the role golden, and would be the next municipality's.
    """
    seen = postgresql.sql(
        "SELECT 'golden' FROM pg_database WHERE datname = :'golden' AND datistemplate AND NOT datallowconn UNION ALL"
        " SELECT 'shared' FROM pg_shdepend WHERE refobjid = to_regrole('golden') AND dbid = 0 AND deptype = 'o';",
        golden=checked(GOLDEN, golden),
    )
    if "shared" in seen:
        raise ProgramError("the role golden owns databases or tablespaces")
    return "golden" in seen


def begin_golden(golden):
    """An empty database for the role ``golden``, as which the Unix user ``nuage-golden`` signs in; half a one goes."""
    postgresql.sql(
        "SELECT format('ALTER DATABASE %I IS_TEMPLATE false', datname) FROM pg_database"
        " WHERE datname = :'golden' \\gexec\n"
        'DROP DATABASE IF EXISTS :"golden" WITH (FORCE);\n'
        'CREATE DATABASE :"golden" TEMPLATE template0;\n'
        'REVOKE ALL ON DATABASE :"golden" FROM PUBLIC;\n'
        'GRANT CONNECT, TEMPORARY ON DATABASE :"golden" TO golden;\n'
        '\\connect :"golden"\n'
        "GRANT USAGE, CREATE ON SCHEMA public TO golden;\n",
        golden=checked(GOLDEN, golden),
    )


def finish_golden(golden):
    """Close a golden database to everybody: from now on it is only cloned."""
    postgresql.harden(checked(GOLDEN, golden), check_mode=False)
    postgresql.sql(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :'golden'"
        " AND pid <> pg_backend_pid();\n"
        "VACUUM (ANALYZE, FREEZE);\n"
        "\\connect postgres\n"
        'ALTER DATABASE :"golden" ALLOW_CONNECTIONS false IS_TEMPLATE true;\n',
        golden,
        golden=golden,
    )


def drop_golden(golden):
    """Remove a golden database that no new municipality needs."""
    postgresql.sql(
        "SELECT format('ALTER DATABASE %I IS_TEMPLATE false', datname) FROM pg_database"
        " WHERE datname = :'golden' \\gexec\n"
        'DROP DATABASE IF EXISTS :"golden" WITH (FORCE);',
        golden=checked(GOLDEN, golden),
    )


def unmake(name, home, finished=False):
    """Remove half a clone, or with ``finished`` a whole database: the data are gone."""
    names = f"'{name}_making'" + (f", '{name}'" if finished else "")
    if postgresql.sql(UNMAKE, name=name, names=names)[-1:] != ["0"]:
        raise ProgramError(f"another database is in the tablespace {name}")
    if home.exists():
        # A crash while PostgreSQL copies leaves files that no catalog knows, and DROP TABLESPACE refuses them.
        for version in home.glob("PG_*"):
            for folder in version.iterdir():
                shutil.rmtree(folder)
    # The log of what was done there is behind the last checkpoint before the folder goes, or recovery would miss it.
    postgresql.sql('DROP TABLESPACE IF EXISTS :"name"; CHECKPOINT;', name=name)
    if btrfs.is_subvolume(home):
        run(["btrfs", "subvolume", "delete", str(home)])


def make_home(home, limit, check_mode):
    """The subvolume, its limit, and what PostgreSQL asks of a tablespace's folder."""
    changes = btrfs.ensure(home, limit, check_mode)
    if not home.exists():
        return changes
    owner, found = pwd.getpwnam("postgres"), home.stat()
    if (found.st_uid, found.st_gid, found.st_mode & 0o777) != (owner.pw_uid, owner.pw_gid, 0o700):
        changes.append(f"owner and mode of {home}")
        if not check_mode:
            # Pages are overwritten in place; copy on write would fragment them and bill each one twice.
            run(["chattr", "+C", str(home)])
            home.chmod(0o700)
            os.chown(home, owner.pw_uid, owner.pw_gid)
    return changes


def shared(name, connections, login, check_mode):
    """The role, its settings, and nothing of other databases."""
    settings = ",".join(f"{key}={value}" for key, value in sorted(SETTINGS.items()))
    values = {"name": name, "connections": connections, "login": login, "settings": settings}
    statements = postgresql.sql(SHARED, **values)
    if statements and not check_mode:
        postgresql.sql("BEGIN;\n" + ";\n".join(statements) + ";\nCOMMIT;")
    return [f"role {name}"] if statements else []


def access(name, database, level, check_mode):
    """Owners and privileges in one database, drift corrected and what somebody gave by hand taken back."""
    statements = postgresql.sql(ACCESS.read_text(encoding="utf-8"), database, name=name, level=level)
    if statements and not check_mode:
        postgresql.sql("BEGIN;\n" + "\n".join(statements) + "\nCOMMIT;", database)
    return [f"privileges of {name}"] if statements else []


def write_limit(name, limit_mib, read_only, check_mode):
    """Tell the guard of full databases what a municipality may use."""
    path = LIMITS / f"{name}.json"
    wanted = json.dumps({"limit_mib": limit_mib, "read_only": read_only}) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == wanted:
        return []
    if not check_mode:
        LIMITS.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        LIMITS.mkdir(exist_ok=True)
        # A list of who lives here, below a folder that municipalities' programs look into.
        LIMITS.chmod(0o700)
        write_atomic(path, wanted.encode(), 0o644)
    return [f"limit of database {name}"]


def guarded(name):
    """What the guard took: "" (nothing), "full" (adding) or "cut" (signing in)."""
    path = GUARD / name
    words = path.read_text(encoding="ascii").split() if path.exists() else []
    return words[0] if words else ""


def clone(name, golden, home, prepare):
    """The database, whole; it gets its name last."""
    if not has_golden(golden):
        raise ProgramError(f"the database {golden} isn't there, or isn't finished")
    postgresql.sql(CLONE, name=name, place=str(home), golden=golden)
    access(name, f"{name}_making", "all", check_mode=False)
    if prepare:
        prepare(f"{name}_making")
    postgresql.sql('ALTER DATABASE :"making" RENAME TO :"name";', making=f"{name}_making", name=name)


def ensure(name, wanted, *, path="/srv/postgresql", prepare=None, check_mode=False):
    """A municipality's role and database. Returns what changed, in words, and whether the database is new.

    ``prepare`` is called with the name of a new clone before anybody can reach it: what must not live on of the golden
    database is to go there.
    """
    home = Path(path) / "tenants" / checked(NAME, name)
    # In check mode, PostgreSQL itself may be yet to come.
    there = [] if check_mode and not Path(postgresql.PSQL).exists() else found(name)
    created = "whole" not in there
    if created and check_mode:
        return [f"database {name}"], True
    taken = guarded(name)
    hard = (wanted.limit_mib + HEADROOM_MIB * (2 if taken == "cut" else 1)) * MIB
    if created and (there or home.exists()):
        unmake(name, home)
    # The guard makes this folder anew where a power cut took it: it is told before PostgreSQL knows of it.
    changes = write_limit(name, wanted.limit_mib, wanted.read_only, check_mode)
    changes += make_home(home, hard, check_mode)
    changes += shared(name, wanted.connections, "NOLOGIN" if taken == "cut" else "LOGIN", check_mode)
    if created:
        clone(name, wanted.golden, home, prepare)
        changes.append(f"database {name}")
    changes += postgresql.harden(name, check_mode)
    if wanted.read_only or not created:
        level = "read" if wanted.read_only else "delete" if taken else "all"
        changes += access(name, name, level, check_mode)
    if guarded(name) != taken and not check_mode:
        # The guard took or gave back meanwhile, and what was done here undid that.
        changes += ensure(name, wanted, path=path)[0]
    return changes, created


def destroy(name, path="/srv/postgresql"):
    """Role, database and files of a municipality: everything is gone."""
    home = Path(path) / "tenants" / checked(NAME, name)
    unmake(name, home, finished=True)
    postgresql.sql('DROP ROLE IF EXISTS :"name";', name=name)
    for file in (LIMITS / f"{name}.json", GUARD / name):
        file.unlink(missing_ok=True)
