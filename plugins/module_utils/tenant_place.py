# SPDX-License-Identifier: AGPL-3.0-or-later
"""All that a municipality has on a server: found, and taken away until nothing of it is found.

What is looked for is written here once. A removal that was interrupted is begun again; one that left something says
what.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import time
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils import (
    activation,
    btrfs,
    postgresql,
    postgresql_tenant,
)
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import (
    ProgramError,
    mark_pending,
    run,
    write_atomic,
)

MARIADB = Path("/usr/bin/mariadb")
CERTIFICATES = Path("/var/lib/nuage/certificates")
UNITS = (
    "nuage-*@{code}.service",
    "nuage-*@{code}.socket",
    "nuage-*@{code}.timer",
    "nuage-backup@{code}-apps.service",
    "nuage-backup@{code}-apps.timer",
)
FILES = (
    "/etc/systemd/system/nuage-{code}.slice",
    "/etc/nftables.d/tenants/{code}.nft",
    "/etc/nuage/backup/{code}-apps.*",
    "/etc/nuage/hosts/{code}",
    "/etc/nuage/nextcloud/{code}.env",
    "/etc/nuage/php/{code}-*.conf",
    "/etc/nuage/postgresql/tenants/{user}.json",
    "/etc/nuage/redis/{code}",
    "/etc/nuage/wanted.d/{code}-*",
    "/etc/nuage/wordpress/{code}.env",
    "/etc/nginx/nuage.d/{code}-*.conf",
    "/etc/nginx/nuage-forwarded.d/{code}.conf",
    "/etc/wordpress/config-{code}.php",
    "/run/nuage/*-{code}.sock",
    "/run/nuage/backup/{code}-apps.*",
    "/var/lib/nuage/backup/{code}-apps.*",
    "/var/lib/nuage/backup/vhosts/{code}-*.conf",
    "/var/lib/nuage/breakglass/{code}-*.json",
    "/var/lib/nuage/database-guard/{user}",
    "/var/lib/nuage/places/{code}-apps.json",
    "/var/lib/nuage/postgresql-guard/{user}",
    "/var/lib/nuage/quarantine/{code}*",
    "/var/lib/nuage/upgrades/{code}.json",
    "/var/lib/prometheus/node-exporter/nuage_*_{code}-apps.prom",
    # When systemd last ran a timer that makes up for what it missed.
    "/var/lib/systemd/timers/stamp-nuage-*@{code}*.timer",
    # Last: while it is there, the server still says that the municipality is on it.
    "/var/lib/nuage/converged/{code}-apps.json",
)
TREES = (
    "/srv/moments/{code}-apps*",
    "/srv/safety/{code}-apps",
    "/srv/upgrades/{user}",
    "/var/lib/nuage/places/{code}-apps",
    "/var/cache/nuage-backup/{code}-apps",
    "/srv/tenants/{user}",
)
PROGRAM = Path("/usr/local/lib/nuage/backup/forward.py")
PATIENCE_S = 20


class Place:
    """A municipality's applications on this server."""

    def __init__(self, code, domains=()):
        self.code, self.user = code, f"t{code}"
        self.domains = sorted(domains)

    def found(self):
        """What there is, in words; empty where nothing is."""
        return [
            *(f"unit {name}" for name in self.units()),
            *(f"process {number}" for number in self.processes()),
            *(f"firewall chain {self.user}" for _ in self.chains()),
            *(f"database {name}" for name in self.databases()),
            *(f"folder {path}" for path in self.trees()),
            *(f"file {path}" for path in self.files()),
            *(f"account {self.user}" for _ in self.accounts()),
        ]

    # What is looked for

    def units(self):
        """Active, or enabled."""
        patterns = [each.format(code=self.code) for each in UNITS]
        listed = run(["systemctl", "list-units", "--plain", "--no-legend", "--full", *patterns])
        linked = {
            link.name
            for pattern in patterns
            for link in Path("/etc/systemd/system").glob(f"*.wants/{pattern}")
        }
        return sorted({line.split()[0] for line in listed.splitlines() if line.split()} | linked)

    def processes(self):
        """Of its account."""
        uid = self.uid()
        if uid is None:
            return []
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and entry.stat().st_uid == uid:
                    found.append(int(entry.name))
        return found

    def uid(self):
        """Number of its account, if there is one."""
        try:
            return pwd.getpwnam(self.user).pw_uid
        except KeyError:
            return None

    def chains(self):
        """Its chain in the firewall that is in force."""
        if not shutil.which("nft", path="/usr/sbin:/usr/bin"):
            return []
        listed = run(["nft", "list", "chains", "inet"])
        return [self.user] if f"chain {self.user} " in listed else []

    def databases(self):
        """MariaDB's and PostgreSQL's, whole or half made."""
        found = []
        home = Path("/srv/mysql") / self.user
        if MARIADB.exists():
            rows = _mariadb(
                f"SELECT 'x' FROM information_schema.schemata WHERE schema_name='{self.user}';"
                f"SELECT 'x' FROM mysql.global_priv WHERE user='{self.user}';"
            )
            if rows or home.exists():
                found.append("mariadb")
        if Path(postgresql.PSQL).exists():
            role = postgresql.sql("SELECT 'role' FROM pg_roles WHERE rolname = :'name';", name=self.user)
            home = Path("/srv/postgresql/tenants") / self.user
            if role or home.exists() or postgresql_tenant.found(self.user):
                found.append("postgresql")
        return found

    def trees(self):
        """Folders and subvolumes, certificates among them."""
        places = [path for pattern in TREES for path in self._glob(pattern)]
        # The link that is in use, and what it leads to: every version has a private key.
        for name in self.domains:
            versions = sorted((CERTIFICATES / ".versions").glob(name + "." + "[0-9a-f]" * 12))
            places += [
                path for path in (CERTIFICATES / name, *versions) if path.exists() or path.is_symlink()
            ]
        return places

    def files(self):
        """Files of its own, in shared folders."""
        return [path for pattern in FILES for path in self._glob(pattern)]

    def accounts(self):
        """Its Unix user."""
        return [] if self.uid() is None else [self.user]

    def _glob(self, pattern):
        path = pattern.format(code=self.code, user=self.user)
        return sorted(Path("/").glob(path.lstrip("/")))

    # Taking away

    def remove(self):
        """Everything, in an order in which nothing of it can begin again; what is left, in words."""
        self._silence()
        self._close()
        self._drop_databases()
        self._remove_trees()
        for path in self.files():
            path.unlink(missing_ok=True)
        if self.accounts():
            run(["userdel", self.user])
        if PROGRAM.exists():
            # Nginx needn't reach any more where it passed visitors on to.
            run(["/usr/bin/python3", "-I", str(PROGRAM.parent), "rules"])
        return self.found()

    def _silence(self):
        for path in self._glob("/etc/nuage/wanted.d/{code}-*"):
            path.unlink(missing_ok=True)
        units = self.units()
        if units:
            # A template's instance that isn't enabled is no error to `disable`.
            run(["systemctl", "disable", "--now", *units], timeout=360)
            # To systemd, one that it has forgotten already is an error.
            with contextlib.suppress(ProgramError):
                run(["systemctl", "reset-failed", *units])
        deadline = time.monotonic() + PATIENCE_S
        while processes := self.processes():
            for number in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
            if time.monotonic() > deadline:
                raise ProgramError(f"processes of {self.user} don't end")
            time.sleep(0.05)

    def _close(self):
        """Its doors and its chain, in a way that a power cut in between leaves for the next call."""
        doors = self._glob("/etc/nginx/nuage.d/{code}-*.conf")
        for path in doors:
            path.unlink()
        if doors:
            mark_pending(["nginx"])
            activation.activate()
        for path in self._glob("/etc/nftables.d/tenants/{code}.nft"):
            path.unlink()
        if self.chains():
            uid = self.uid()
            element = [f"delete element inet nuage tenant_chains {{ {uid} }}\n"] if self._in_map(uid) else []
            counters = [f"delete counter inet nuage {self.user}_{kind}\n" for kind in ("allowed", "refused")]
            chain = f"delete chain inet nuage {self.user}\n"
            flushed = f"flush chain inet nuage {self.user}\n"
            run(["nft", "--file", "-"], stdin="".join([*element, flushed, chain, *counters]))
        slices = self._glob("/etc/systemd/system/nuage-{code}.slice")
        if slices:
            run(["systemctl", "stop", f"nuage-{self.code}.slice"])
            for path in slices:
                path.unlink()
            run(["systemctl", "daemon-reload"])

    def _in_map(self, uid):
        return uid is not None and f"{self.user}" in run(
            ["nft", "list", "map", "inet", "nuage", "tenant_chains"]
        )

    def _drop_databases(self):
        there = self.databases()
        if "postgresql" in there:
            postgresql_tenant.drop_golden(f"{self.user}_before")
            postgresql_tenant.destroy(self.user)
        if "mariadb" in there:
            home = Path("/srv/mysql") / self.user
            # What keeps the municipality from dropping its limited subvolume would keep MariaDB from it too.
            (home / "nuage-limited").unlink(missing_ok=True)
            _mariadb(f"DROP DATABASE IF EXISTS `{self.user}`; DROP USER IF EXISTS `{self.user}`@`localhost`;")
            _remove_tree(home)

    def _remove_trees(self):
        for path in self.trees():
            _remove_tree(path)


def _mariadb(statements):
    return run(["mariadb", "--batch", "--skip-column-names"], stdin=statements).splitlines()


def _remove_tree(path):
    """A folder with the subvolumes in it, and the quota groups that counted them."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    for folder, names, _files in os.walk(path, topdown=False):
        for name in names:
            below = Path(folder, name)
            if (
                not below.is_symlink()
                and btrfs.is_subvolume(below)
                and below.stat().st_dev != path.stat().st_dev
            ):
                btrfs.remove(below)
    if btrfs.is_subvolume(path) and not path.is_mount():
        btrfs.remove(path)
    else:
        shutil.rmtree(path)


def note_path(code):
    """Where a server notes that a place on it is closed, and why."""
    return Path(f"/var/lib/nuage/places/{code}-apps.json")


def write_note(path, text):
    """On disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    path.parent.chmod(0o700)
    write_atomic(path, text.encode(), 0o600)
