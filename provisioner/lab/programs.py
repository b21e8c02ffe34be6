"""The Debian packages that the lab needs on the control machine, and running their programs."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from provisioner.errors import MachineError

PACKAGES = {
    "apt-cacher-ng": "apt-cacher-ng",
    "btrfs": "btrfs-progs",
    "caddy": "caddy",
    "dnsmasq": "dnsmasq-base",
    "ip": "iproute2",
    "losetup": "mount",
    "mkfs.btrfs": "btrfs-progs",
    "mmdebstrap": "mmdebstrap",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "systemd-nspawn": "systemd-container",
    "unshare": "util-linux",
}
SERVICES = ("apt-cacher-ng", "caddy")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LOCK = Path("/run/lock/nuage-lab-packages")
POLICY = Path("/usr/sbin/policy-rc.d")


def require_root() -> None:
    """Mounts, namespaces and loop devices need root.

    Raises:
        MachineError: the process isn't root's.
    """
    if os.geteuid() != 0:
        raise MachineError("lab.not-root")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of every program that the lab runs: nothing of the caller's but its proxies."""
    kept = {key: value for key, value in os.environ.items() if key.lower().endswith("_proxy")}
    return {"PATH": SYSTEM_PATH, "LC_ALL": "C.UTF-8", "HOME": "/root", **kept, **(extra or {})}


def run(command: Sequence[str], *, text: str | None = None, extra: Mapping[str, str] | None = None) -> str:
    """The standard output of a program that must succeed.

    Raises:
        MachineError: it isn't there, or failed; the message holds its last words.
    """
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, check=True, env=environment(extra)
        )
    except FileNotFoundError as error:
        raise MachineError("lab.no-program", program=command[0]) from error
    except subprocess.CalledProcessError as error:
        words = (error.stderr or error.stdout or "").strip().splitlines()[-5:]
        raise MachineError(
            "lab.program-failed",
            program=" ".join(command[:3]),
            code=error.returncode,
            detail=" / ".join(words) or "?",
        ) from error
    return done.stdout


def succeeds(command: Sequence[str]) -> bool:
    """Whether a program ends well; its words are of no interest."""
    return subprocess.run(command, capture_output=True, check=False, env=environment()).returncode == 0


def missing() -> tuple[str, ...]:
    """The Debian packages whose programs aren't on this machine."""
    absent = {
        package for program, package in PACKAGES.items() if shutil.which(program, path=SYSTEM_PATH) is None
    }
    if not Path("/usr/share/keyrings/debian-archive-keyring.gpg").exists():
        absent.add("debian-archive-keyring")
    return tuple(sorted(absent))


def install(packages: Sequence[str]) -> None:
    """Install Debian packages without letting their services start or stay enabled.

    apt-cacher-ng's own service would listen on all addresses, and caddy's on ports 80 and 443.

    Raises:
        MachineError: this isn't a Debian machine, or apt-get failed.
    """
    if shutil.which("apt-get", path=SYSTEM_PATH) is None:
        raise MachineError("lab.not-debian", packages=" ".join(packages))
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    # Two labs that go up at once on a new machine: apt waits for dpkg's lock, not for its own.
    with LOCK.open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with _no_service_starts():
            run(["apt-get", "-qq", "update"], extra=quiet)
            options = ["-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
            run(["apt-get", "install", *options, *packages], extra=quiet)
    for service in SERVICES:
        if service in packages and shutil.which("systemctl", path=SYSTEM_PATH):
            run(["systemctl", "disable", "--quiet", f"{service}.service"])


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Debian's way to keep packages from starting services; a policy that is there already stays."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
