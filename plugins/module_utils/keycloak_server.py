# SPDX-License-Identifier: AGPL-3.0-or-later
"""Building Keycloak, and what must be there before it first starts."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import (
    ProgramError,
    mark_pending,
    run,
    write_atomic,
)

ACCOUNT = "keycloak"
CLIENT = "nuage"
UNIT = "nuage-identity.service"
KEPT_TREES = 2
"""The one that runs and the one before it, to go back to."""
KEPT_COPIES = 2
LONGEST_BUILD_S = 600
# What ends within a minute is over before Java's second compiler pays: a build took 23 s of processor for 41 s.
SHORT = {"JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx512m", "JAVA_OPTS_APPEND": "-XX:TieredStopAtLevel=1"}


class NewerError(Exception):
    """The database belongs to a newer version, whose tables an older one can't read."""


def number(version):
    """A version as numbers, which compare as people expect."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def sql(statement):
    """Rows, as PostgreSQL's own account over the Unix socket; nothing where the database isn't there yet."""
    command = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--dbname=keycloak", "--file=-"]
    return run(command, stdin=statement, user="postgres").split()


def table_exists(name):
    return sql(f"SELECT to_regclass('public.{name}') IS NOT NULL;") == ["t"]


def database_version():
    """Version that the tables were made by; empty where there are none."""
    if not table_exists("migration_model"):
        return ""
    found = sql("SELECT version FROM migration_model ORDER BY update_time DESC LIMIT 1;")
    return found[0] if found else ""


def account_exists():
    """Whether deployments have their account, in the realm `master`."""
    if not table_exists("client"):
        return False
    query = "SELECT 1 FROM client c JOIN realm r ON r.id = c.realm_id"
    return sql(f"{query} WHERE r.name = 'master' AND c.client_id = '{CLIENT}';") == ["1"]


def ensure_tree(parameters, check_mode):
    """Build a tree unless it's there. Files are linked to the archive's, which the build can't write to.

    The name comes last: a tree that has it is whole.
    """
    archive, tree = Path(parameters["archive"]), Path(parameters["tree"])
    if tree.is_dir():
        return []
    if not check_mode:
        tree.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        beside = Path(tempfile.mkdtemp(dir=tree.parent, prefix=".building-"))
        try:
            run(["cp", "--archive", "--link", f"{archive}/.", str(beside)])
            (beside / "data").symlink_to(parameters["state_path"])
            _build(beside, parameters["build"])
            run(["chown", "--recursive", "--no-dereference", "root:root", str(beside)])
            beside.chmod(0o755)
            # Once it's root's: nothing that was built leads anywhere else any more.
            for path in (beside / "lib/quarkus").iterdir():
                if stat.S_ISREG(os.lstat(path).st_mode):
                    path.chmod(0o644)
            beside.rename(tree)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
    return [f"build {tree.name}"]


def _build(beside, options):
    """As Keycloak's own account: what was downloaded is not run as root. It owns the folders, and no file."""
    owner = pwd.getpwnam(ACCOUNT)
    for folder, _folders, _files in os.walk(beside):
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    run(
        [str(beside / "bin/kc.sh"), "build", *options],
        user=ACCOUNT,
        environment=SHORT,
        timeout=LONGEST_BUILD_S,
    )


def prune(tree, check_mode):
    """Former trees, but for the last; and what an interrupted build left."""
    if check_mode or not tree.parent.is_dir():
        return
    others = [path for path in tree.parent.iterdir() if path != tree]
    others.sort(key=lambda path: (path.name.startswith("."), -path.stat().st_mtime))
    for path in others[KEPT_TREES - 1 :]:
        shutil.rmtree(path)


def ensure_secret_file(path, content, check_mode):
    """A file for root alone; the words of the change, never the content."""
    content = content.encode()
    try:
        found = os.lstat(path)
        same = (stat.S_IMODE(found.st_mode), found.st_uid) == (0o600, 0) and path.read_bytes() == content
    except FileNotFoundError:
        same = False
    if same:
        return []
    if not check_mode:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        write_atomic(path, content, 0o600)
    return [str(path)]


def ensure_credential(parameters, check_mode):
    """The database's password as the driver reads it. Keycloak is restarted with another one."""
    try:
        password = Path(parameters["password_file"]).read_text().strip()
    except FileNotFoundError:
        if not check_mode:
            raise
        password = ""
    line = f"127.0.0.1:5432:keycloak:keycloak:{password}\n"
    changes = ensure_secret_file(Path(parameters["settings"]) / "pgpass", line, check_mode)
    if changes and not check_mode:
        mark_pending([f"restart:{UNIT}"])
    return changes


def ensure_vault(parameters, check_mode):
    """Folder of the secrets of other services, which Keycloak reads as it needs them."""
    folder, group = Path(parameters["settings"]) / "vault", _group(check_mode)
    wanted = (0, group, 0o750)
    found = folder.stat() if folder.is_dir() else None
    if found and (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == wanted:
        return []
    if not check_mode:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o750)
        os.chown(folder, 0, group)
    return [str(folder)]


def _group(check_mode):
    try:
        return pwd.getpwnam(ACCOUNT).pw_gid
    except KeyError:
        if check_mode:
            return None
        raise


@contextmanager
def lent(parameters):
    """The credential where Keycloak's account can read it, while a program of its own needs it."""
    owner = pwd.getpwnam(ACCOUNT)
    folder = Path(tempfile.mkdtemp(dir="/run", prefix="nuage-keycloak-"))
    try:
        line = (Path(parameters["settings"]) / "pgpass").read_bytes()
        write_atomic(folder / "pgpass", line, 0o400, owner.pw_uid, owner.pw_gid)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        yield folder / "pgpass"
    finally:
        shutil.rmtree(folder)


def ensure_account(parameters, check_mode):
    """The service account of deployments. Its secret is written first: an interrupted run begins here again."""
    path = Path(parameters["settings"]) / "admin-secret"
    known = path.is_file() and bool(path.read_text().strip())
    if known and account_exists():
        return []
    if check_mode:
        return [f"service account {CLIENT}"]
    if account_exists():
        raise ProgramError(
            f"the service account {CLIENT} exists, and {path} is gone: see docs/en/identity.md"
        )
    if not known:
        ensure_secret_file(path, secrets.token_urlsafe(36), check_mode)
    state, owner = Path(parameters["state_path"]), pwd.getpwnam(ACCOUNT)
    state.mkdir(exist_ok=True, mode=0o700)
    os.chown(state, owner.pw_uid, owner.pw_gid)
    command = [f"{parameters['tree']}/bin/kc.sh", "bootstrap-admin", "service", "--optimized", "--no-prompt"]
    command += ["--client-id", CLIENT, "--client-secret:env=NUAGE_ADMIN_SECRET"]
    with lent(parameters) as credential:
        environment = {
            **SHORT,
            "KC_CONFIG_FILE": f"{parameters['settings']}/keycloak.conf",
            "NUAGE_ADMIN_SECRET": path.read_text().strip(),
            "PGPASSFILE": str(credential),
        }
        run(command, user=ACCOUNT, environment=environment, timeout=LONGEST_BUILD_S)
    return [f"service account {CLIENT}"]


def ensure_copy(parameters, check_mode):
    """A copy of the database before another version moves its tables."""
    before, after = database_version(), parameters["version"]
    if not before or number(before)[:2] == number(after)[:2]:
        return []
    if number(before)[:2] > number(after)[:2]:
        raise NewerError(f"the database is of Keycloak {before}, newer than {after}")
    folder = Path(parameters["backups"])
    path = folder / f"keycloak-{before}.dump"
    if not check_mode:
        # PostgreSQL's own account writes it, as nobody else may read the database by the Unix socket.
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        beside = folder / f".{path.name}"
        command = ["pg_dump", "--format=custom", "--dbname=keycloak", f"--file={beside}"]
        run(command, user="postgres", timeout=LONGEST_BUILD_S)
        beside.replace(path)
        for old in sorted(folder.glob("keycloak-*.dump"), key=lambda one: one.stat().st_mtime)[:-KEPT_COPIES]:
            old.unlink()
    return [f"copy of the database of {before}"]


def ensure(parameters, check_mode):
    """All of it; what was changed, or would be."""
    archive_there = Path(parameters["archive"]).is_dir()
    if check_mode and not (archive_there and shutil.which("psql", path="/usr/bin:/usr/sbin")):
        # The archive or the database itself is yet to come.
        return [f"build {Path(parameters['tree']).name}", f"service account {CLIENT}"]
    changes = ensure_credential(parameters, check_mode)
    changes += ensure_vault(parameters, check_mode)
    changes += ensure_copy(parameters, check_mode)
    changes += ensure_tree(parameters, check_mode)
    prune(Path(parameters["tree"]), check_mode)
    return changes + ensure_account(parameters, check_mode)
