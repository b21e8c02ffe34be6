# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Debian has newer for a server, what still runs from files that it replaced, and how that is restarted."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

PROC = Path("/proc")
BOOT = Path("/boot")
REBOOT = Path("/run/reboot-required")
NGINX = Path("/run/nginx.pid")
APT = ("apt-get", "--quiet", "--quiet", "--option", "DPkg::Lock::Timeout=600")
ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}
LONGEST_S = 3600
SECURITY = "Debian-Security:"
OURS = ("/usr/", "/lib/", "/lib64/", "/bin/", "/sbin/", "/opt/")
"""Where packages' files lie. A deleted file of another place is a program's own affair."""
FELT = re.compile(r"^(mariadb|postgresql@.*|nuage-identity)\.service$")
"""While one of these is restarted, people's requests would fail: they see a notice."""
FIRST = ("postgresql@", "mariadb", "nuage-identity")
"""Restarted before what asks them."""
NEVER = re.compile(
    r"^(dbus|systemd-logind|user@.*|getty@.*|serial-getty@.*|console-getty|container-getty@.*)\.service$"
)
"""Restarting these ends people's sessions, or the bus that the others are told by: a reboot does it."""
_INSTALLED = re.compile(r"^Inst (?P<name>\S+)(?: \[(?P<was>\S+)\])? \((?P<version>\S+) (?P<origins>[^\[)]*)")


def newer(output):
    """What a simulated run of apt would install: name, version of now (empty where it's new), version, origins."""
    found = []
    for line in output.splitlines():
        match = _INSTALLED.match(line)
        if match:
            found.append({name: (text or "").strip() for name, text in match.groupdict().items()})
    return found


def pending(scope):
    """What there is to install, within bounds: of the security suite, with what those need, or all of stable."""
    everything = newer(run([*APT, "--simulate", "--with-new-pkgs", "upgrade"], environment=ENVIRONMENT))
    if scope == "stable":
        return everything
    names = [f"{one['name']}={one['version']}" for one in everything if SECURITY in one["origins"]]
    if not names:
        return []
    return newer(run([*APT, "--simulate", "--only-upgrade", "install", *names], environment=ENVIRONMENT))


def install(packages):
    """These versions and no others. Files that the roles wrote stay (90nuage)."""
    names = [f"{one['name']}={one['version']}" for one in packages]
    command = [*APT, "--yes", "--no-remove", "install", *names]
    run(command, environment=ENVIRONMENT, timeout=LONGEST_S)


def deleted(process):
    """Files of packages that a process has mapped and that are there no more."""
    try:
        lines = (process / "maps").read_text(errors="replace").splitlines()
    except OSError:
        return set()
    paths = {line.split(maxsplit=5)[5] for line in lines if line.endswith(" (deleted)")}
    return {path.removesuffix(" (deleted)") for path in paths if path.startswith(OURS)}


def mapped(process):
    """Files of packages that a process runs from."""
    try:
        lines = (process / "maps").read_text(errors="replace").splitlines()
    except OSError:
        return set()
    paths = (line.split(maxsplit=5)[5] for line in lines if line.count(" ") > 4 and "/" in line)
    return {path for path in paths if path.startswith(OURS)}


def unit_of(process):
    """The service that a process belongs to; `init` for the first; empty for sessions and the kernel's own."""
    if process.name == "1":
        return "init"
    try:
        lines = (process / "cgroup").read_text().splitlines()
    except OSError:
        return ""
    for line in lines:
        _number, controllers, path = line.split(":", 2)
        last = path.rsplit("/", 1)[-1]
        if controllers in ("", "name=systemd") and last.endswith(".service"):
            return last
    return ""


def processes():
    """All of them, but for the one that asks."""
    own = str(os.getpid())
    return [entry for entry in PROC.iterdir() if entry.name.isdigit() and entry.name != own]


def stale():
    """Services that run from files that were replaced, sorted; what each has of them."""
    found = {}
    for process in processes():
        gone = deleted(process)
        unit = unit_of(process) if gone else ""
        if unit:
            found.setdefault(unit, set()).update(gone)
    return {unit: sorted(files) for unit, files in sorted(found.items())}


def touched(packages):
    """Whether what would be installed holds files that people's databases or sign-in run from."""
    names = [one["name"] for one in packages if one["was"]]
    if not names:
        return False
    listed = run(["dpkg-query", "--listfiles", *names]).splitlines()
    # A merged /usr: dpkg knows some files by their former place.
    theirs = {path for line in listed for path in (line, f"/usr{line}")}
    return any(mapped(process) & theirs for process in processes() if FELT.match(unit_of(process)))


def restart(units):
    """Have these services run from the files that are there. What wasn't restarted, and why.

    PHP ends the requests that it has, and its socket keeps those that come; nginx hands its doors on to itself.
    """
    left = {}
    for unit in sorted(units, key=lambda each: (not each.startswith(FIRST), each == "nginx.service", each)):
        if NEVER.match(unit) or kind(unit) == "oneshot":
            left[unit] = "reboot" if NEVER.match(unit) else "ends-by-itself"
            continue
        try:
            _again(unit)
        except (ProgramError, OSError, ValueError) as error:
            left[unit] = str(error)[-500:]
    return left


def kind(unit):
    """Its type, as systemd has it."""
    return run(["systemctl", "show", "--property=Type", "--value", unit]).strip() if unit != "init" else ""


def _again(unit):
    if unit == "init":
        run(["systemctl", "daemon-reexec"])
    elif unit == "nginx.service":
        hand_on()
    elif unit == "ssh.service":
        # It begins itself anew; those who are in stay.
        run(["systemctl", "reload", unit])
    else:
        run(["systemctl", "try-restart", unit], timeout=900)


def hand_on():
    """nginx begins anew from its new files, with the doors that are open: nobody's request is refused."""
    former = int(NGINX.read_text())
    run(["nginx", "-t", "-q"])
    os.kill(former, signal.SIGUSR2)
    deadline = time.monotonic() + 20
    while not _other(former):
        if time.monotonic() > deadline:
            raise ProgramError("nginx didn't begin anew")
        time.sleep(0.1)
    os.kill(former, signal.SIGQUIT)
    while Path(f"/proc/{former}").exists():
        if time.monotonic() > deadline + 120:
            raise ProgramError("the former nginx doesn't end")
        time.sleep(0.1)


def settle():
    """Requests that began before a reload of nginx are answered, for at most half a minute."""
    deadline = time.monotonic() + 30
    time.sleep(1)
    while time.monotonic() < deadline and _ending():
        time.sleep(0.2)


def _ending():
    master = NGINX.read_text().strip()
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    for child in children:
        try:
            if "shutting down" in Path(f"/proc/{child}/cmdline").read_text():
                return True
        except OSError:
            continue
    return False


def _other(former):
    try:
        return int(NGINX.read_text()) != former
    except (OSError, ValueError):
        return False


def reboot_wanted():
    """Why the server should be rebooted: a kernel that isn't the running one, or a package that asks; else empty."""
    kernels = sorted(BOOT.glob("vmlinuz-*"), key=lambda one: one.stat().st_mtime)
    newest = kernels[-1].name.removeprefix("vmlinuz-") if kernels else ""
    if newest and newest != os.uname().release:
        return newest
    return "reboot-required" if REBOOT.exists() else ""
