# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the municipalities of a server share is fed by drop-ins; this puts them to work, once for all of them.

Each drop-in of nginx and nftables is checked first. A broken one goes to quarantine with a file that says why, and
the others go on.
"""

from __future__ import annotations

import fcntl
import re
import time
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import PENDING, ProgramError, run

NGINX = Path("/etc/nginx/nuage.d")
IDENTITY = Path("/etc/nginx/nuage-identity.d")
NFTABLES = Path("/etc/nftables.d/tenants")
REALMS = Path("/etc/nftables.d/identity")
WANTED = Path("/etc/nuage/wanted.d")
WEB_SERVER = Path("/usr/sbin/nginx")
QUARANTINE = Path("/var/lib/nuage/quarantine")
LOCK = Path("/run/nuage/activation.lock")
PATIENCE = 10
"""Seconds that nginx may take to change its workers after a reload."""


def put_aside(path, why):
    QUARANTINE.mkdir(parents=True, exist_ok=True, mode=0o700)
    (QUARANTINE / f"{path.name}.why").write_text(why)
    path.replace(QUARANTINE / path.name)


def quarantined(code):
    """Broken drop-ins of a municipality, and what is wrong with each: told once.

    One that was rewritten leaves quarantine. One that nobody rewrites was put there by hand: it stays aside, for the
    ops team to read, and the municipality's own files go on.
    """
    found = {}
    for path in sorted(QUARANTINE.glob(f"{code}*.why")):
        mended = any((folder / path.stem).exists() for folder in (NGINX, IDENTITY, NFTABLES, REALMS))
        if mended:
            path.unlink()
            path.with_suffix("").unlink(missing_ok=True)
        else:
            found[path.stem] = path.read_text()
            path.rename(path.with_suffix(".reported"))
    return found


def check_nginx():
    """Move broken vhosts aside until nginx accepts the rest. Returns what was moved and why."""
    moved = {}
    while True:
        try:
            run(["nginx", "-t", "-q"])
            return moved
        except ProgramError as error:
            culprit = named(str(error)) or _first_broken()
            if culprit is None or not culprit.exists():
                raise
            put_aside(culprit, str(error))
            moved[culprit.name] = str(error)


def named(complaint):
    """The vhost that nginx blames. A warning may name another one before, whose owner did nothing wrong."""
    blamed = [line for line in complaint.splitlines() if "[emerg]" in line]
    place = re.search(rf"(?:{NGINX}|{IDENTITY})/[A-Za-z0-9._-]+\.(?:conf|networks)", "\n".join(blamed))
    return Path(place.group(0)) if place else None


def _first_broken():
    """A vhost that nginx refuses even alone, for errors that name no file (a missing key, say)."""
    configuration = Path("/etc/nginx/nginx.conf").read_text()
    trial = Path("/etc/nginx/.nuage-trial.conf")
    try:
        for path in sorted(NGINX.glob("*.conf")):
            # In nginx's own folder, because relative includes are looked up beside the file.
            trial.write_text(configuration.replace(f"{NGINX}/*.conf", str(path)))
            try:
                run(["nginx", "-t", "-q", "-c", str(trial)])
            except ProgramError:
                return path
    finally:
        trial.unlink(missing_ok=True)
    return None


def load_nftables(names):
    """Load the drop-ins that changed, each in a transaction of its own.

    One that nft refuses changes nothing: what was in force stays, or the default, which refuses all. What one includes,
    from a folder of its name beside the drop-ins, is checked part by part first: a broken one goes alone.
    """
    moved = {}
    for path in (NFTABLES / name for name in names):
        if not path.exists():
            continue
        for part in sorted((NFTABLES.parent / path.stem).glob("*.nft")):
            moved.update(_accepted(part, "--check"))
        moved.update(_accepted(path))
    return moved


def _accepted(path, *options):
    """What nft says against a file, which is put aside; nothing otherwise."""
    try:
        run(["nft", *options, "--file", str(path)])
    except ProgramError as error:
        put_aside(path, str(error))
        return {path.name: str(error)}
    return {}


def reach(name):
    """Load one drop-in now, for a module that can't wait for the activation. Returns what was put aside and why."""
    LOCK.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return load_nftables([name])


def wanted_units():
    """Units named in the drop-ins, one a line."""
    units = set()
    # What an interrupted write left has a name that begins with a dot.
    for path in sorted(WANTED.glob("[!.]*")):
        units.update(line.strip() for line in path.read_text().splitlines() if line.strip())
    return units


def present_units():
    """Instances of our templates that are enabled now."""
    folders = Path("/etc/systemd/system").glob("*.wants")
    return {link.name for folder in folders for link in folder.glob("nuage-*@*.*")}


def awake_by(unit):
    """The service that a socket or a timer of ours starts."""
    name, _, kind = unit.rpartition(".")
    application, at, code = name.partition("@")
    return f"{application}{'-php' if kind == 'socket' else ''}{at}{code}.service"


def bring(units, verb, failed):
    """One call for all; one by one only to learn which of them failed."""
    if not units:
        return
    try:
        run(["systemctl", *verb, *units])
    except ProgramError:
        for unit in units:
            try:
                run(["systemctl", *verb, unit])
            except ProgramError as error:
                failed[unit] = str(error)


def runs(unit):
    """Whether a unit is active."""
    try:
        run(["systemctl", "is-active", "--quiet", unit])
    except ProgramError:
        return False
    return True


def noted():
    """What was noted, and nginx where it doesn't run.

    Power lost between a broken vhost and its check takes the note away, and nginx refuses to start with it.
    """
    pending = {path.name for path in PENDING.iterdir()} if PENDING.is_dir() else set()
    if not WEB_SERVER.exists():
        # A server that shows nobody anything.
        return pending
    return pending if "nginx" in pending or runs("nginx.service") else {*pending, "nginx"}


def nginx_workers():
    """Numbers of the processes that answer for nginx; those that only end what they began don't count."""
    try:
        master = int(Path("/run/nginx.pid").read_text())
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    except (OSError, ValueError):
        return frozenset()
    found = set()
    for child in children:
        try:
            if "shutting down" not in Path(f"/proc/{child}/cmdline").read_text():
                found.add(child)
        except OSError:
            continue
    return frozenset(found)


def reload_nginx():
    """A reload returns before nginx has changed its workers: the former ones would still answer as before.

    It also returns when nginx keeps them, because it can't change a zone that it shares between them, which no check of
    the configuration tells: only a restart does that.
    """
    former = nginx_workers()
    run(["systemctl", "reload-or-restart", "nginx.service"])
    deadline = time.monotonic() + PATIENCE
    while nginx_workers() & former:
        if time.monotonic() > deadline:
            run(["systemctl", "restart", "nginx.service"])
            return
        time.sleep(0.05)


def waiting():
    """What there is to do."""
    return sorted(noted()) + sorted(wanted_units() ^ present_units())


def activate():
    """Do all that is waiting. Whoever comes first does it for everybody; the others wait and find nothing to do."""
    LOCK.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _activate()


def _activate():
    pending = noted()
    changes, moved, failed = [], {}, {}
    wanted, present = wanted_units(), present_units()
    rules = sorted(name.removeprefix("nftables:") for name in pending if name.startswith("nftables:"))
    moved.update(load_nftables(rules))
    changes += rules
    restarts = sorted(name.removeprefix("restart:") for name in pending if name.startswith("restart:"))
    doors = [name for name in restarts if name.endswith(".socket")]
    if doors:
        # systemd refuses to make a socket again while what it woke runs. They are started below, with the others.
        run(["systemctl", "stop", *doors, *map(awake_by, doors)])
    if "systemd" in pending and not wanted - present:
        run(["systemctl", "daemon-reload"])
    gone = sorted(present - wanted)
    bring(gone, ["--no-block", "disable", "--now"], failed)
    # What a closed door or a stopped timer woke would otherwise go on until it is idle.
    woken = sorted({awake_by(unit) for unit in gone if not unit.endswith(".service")} - wanted)
    bring(woken, ["--no-block", "stop"], failed)
    bring(sorted(wanted - present), ["enable", "--now"], failed)
    bring(sorted(wanted & present), ["start"], failed)
    changes += sorted(wanted ^ present)
    own = [name for name in restarts if name.startswith("nuage-") and "-php@" in name]
    bring([name for name in restarts if name not in own + doors], ["try-restart"], failed)
    # A site's PHP ends its requests first, which may take minutes (so too where it is disabled, above): the other
    # municipalities don't wait for that.
    bring(own, ["--no-block", "try-restart"], failed)
    changes += restarts
    reloads = sorted(name.removeprefix("reload:") for name in pending if name.startswith("reload:"))
    bring(reloads, ["try-reload-or-restart"], failed)
    changes += reloads
    if "nginx" in pending:
        moved.update(check_nginx())
        reload_nginx()
        changes.append("nginx")
    # What failed to start is compared anew each time; a restart or reload that failed is asked for again.
    for name in pending - {f"{verb}:{unit}" for verb in ("restart", "reload") for unit in failed}:
        (PENDING / name).unlink(missing_ok=True)
    return {"changes": changes, "quarantined": moved, "failed_units": failed}
