"""The base Debian 13 tree that all hosts share, built once by mmdebstrap and cached.

It is small and belongs to nobody: no SSH host key, no machine id, no host name, no package mirror.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioner.lab import programs
from provisioner.lab.mirror import Mirrors
from provisioner.lab.state import cache_root

SUITE = "trixie"
# What a server has after Debian's own installation and that roles may rely on, plus what Ansible needs.
PACKAGES = (
    "ca-certificates",
    "dbus",
    "e2fsprogs",
    "iproute2",
    "libpam-systemd",
    "openssh-server",
    "procps",
    "python3",
    "python3-apt",
    "systemd",
    "systemd-sysv",
    "tzdata",
)
RECIPE = {"format": 1, "suite": SUITE, "packages": PACKAGES, "variant": "minbase"}
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def path() -> Path:
    """Where the tree of this recipe is, or will be."""
    digest = hashlib.sha256(json.dumps(RECIPE, sort_keys=True).encode()).hexdigest()[:12]
    return cache_root() / f"base-{digest}"


def sources(mirror: str, security: str) -> str:
    """An apt sources file (deb822) for Debian 13 with its updates."""
    stanza = "Types: deb\nURIs: {}\nSuites: {}\nComponents: main\nSigned-By: {}\n"
    return "\n".join(
        (
            stanza.format(mirror, f"{SUITE} {SUITE}-updates", KEYRING),
            stanza.format(security, f"{SUITE}-security", KEYRING),
        )
    )


@contextmanager
def cache_lock() -> Iterator[None]:
    """Wait until no other lab builds in the cache."""
    cache_root().mkdir(parents=True, exist_ok=True)
    with (cache_root() / ".lock").open("w", encoding="ascii") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def build(mirrors: Mirrors, proxy: str) -> Path:
    """Build the tree; it appears under its name only when it is whole.

    Raises:
        MachineError: mmdebstrap failed, for example because the mirror can't be reached.
    """
    tree = path()
    partial = tree.with_name(f"{tree.name}.partial")
    with cache_lock():
        if tree.is_dir():
            return tree
        if partial.exists():
            shutil.rmtree(partial)
        command = ["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", "--format=directory"]
        command += [f"--include={','.join(PACKAGES)}", f"--keyring={KEYRING}"]
        if proxy:
            command.append(f'--aptopt=Acquire::http::Proxy "{proxy}"')
        programs.run([*command, SUITE, str(partial), "-"], text=sources(mirrors.debian, mirrors.security))
        _make_nobodys(partial)
        os.sync()
        partial.rename(tree)
    return tree


def _make_nobodys(tree: Path) -> None:
    for key in (tree / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    (tree / "etc/machine-id").write_text("uninitialized\n", encoding="ascii")
    for name in ("etc/hostname", "etc/apt/sources.list"):
        (tree / name).unlink(missing_ok=True)
    # Empty rather than absent: the ACME server's container mounts its own over it.
    (tree / "etc/resolv.conf").unlink(missing_ok=True)
    (tree / "etc/resolv.conf").touch()
    for leftover in (
        *(tree / "etc/apt/sources.list.d").glob("*"),
        *(tree / "etc/apt/apt.conf.d").glob("99mmdebstrap"),
    ):
        leftover.unlink()
