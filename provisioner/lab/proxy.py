"""The lab's package proxy: an apt-cacher-ng of its own, on the bridge's address only.

Hosts see Debian at http://GATEWAY:3142/debian and /debian-security, whatever the control machine's
mirror is called and however it is reached.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from provisioner.lab import packages, processes
from provisioner.lab.state import PROXY_PORT, LabState, Paths


def configuration(lab: LabState, folder: Path, cache: Path, upstream_proxy: str) -> str:
    """The text of acng.conf."""
    lines = [
        f"CacheDir: {cache}",
        f"LogDir: {folder}/log",
        f"SocketPath: {folder}/socket",
        "SupportDir: /usr/lib/apt-cacher-ng",
        f"BindAddress: {lab.gateway}",
        f"Port: {PROXY_PORT}",
        "ForeGround: 1",
        "ReportPage:",
        # Only what is remapped below: hosts can't reach anything else through the proxy.
        "ForceManaged: 1",
        f"Remap-debian: /debian ; {lab.mirror}",
        f"Remap-debsec: /debian-security ; {lab.security_mirror}",
    ]
    if upstream_proxy:
        lines.append(f"Proxy: {upstream_proxy}")
    return "\n".join(lines) + "\n"


def start(paths: Paths, lab: LabState, upstream_proxy: str) -> None:
    """Start the proxy; the packages it keeps outlive the lab."""
    folder, pidfile = paths.service("proxy"), paths.service("proxy") / "pid"
    if processes.alive(pidfile):
        return
    cache = packages.fill(paths)
    for owned in (folder, folder / "log"):
        owned.mkdir(parents=True, exist_ok=True)
        shutil.chown(owned, packages.ACCOUNT, packages.ACCOUNT)
    (folder / "socket").unlink(missing_ok=True)
    conf = folder / "conf"
    conf.mkdir(exist_ok=True)
    text = configuration(lab, folder, cache, upstream_proxy)
    (conf / "acng.conf").write_text(text, encoding="utf-8")
    command = ["apt-cacher-ng", "-c", str(conf)]
    processes.start(command, pidfile, folder / "output.log", user=packages.ACCOUNT)
    processes.wait_listening("apt-cacher-ng", str(lab.gateway), PROXY_PORT, pidfile, folder / "output.log")


def stop(paths: Paths) -> None:
    """Stop the proxy, and keep the packages that it fetched."""
    processes.stop(paths.service("proxy") / "pid")
    packages.keep(paths)
