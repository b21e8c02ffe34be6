"""Removes all that a lab has on the machine, whatever state a crash left it in."""

from __future__ import annotations

import shutil
from pathlib import Path

from provisioner.lab import authority, cgroups, mail, mounts, names, network, processes, proxy
from provisioner.lab.host import Host
from provisioner.lab.state import Paths


def remove(paths: Paths) -> None:
    """Processes, namespaces, bridge, mounts, loop devices and files, found by their names alone."""
    proxy.stop(paths)
    names.stop(paths)
    mail.stop(paths)
    for pidfile in sorted(paths.folder.glob("hosts/*/nspawn.pid")):
        Host.power_off(pidfile)
    authority.stop(paths)
    processes.end_strays(paths.folder)
    for namespace in network.namespaces(paths):
        network.kill_inside(namespace)
    network.drop_all(paths)
    mounts.unmount_under(paths.folder)
    for group in cgroups.names():
        if group.endswith(f"-{paths.tag}"):
            cgroups.remove(group)
    for place in Path("/run/systemd/nspawn/propagate").glob(f"*-{paths.tag}"):
        place.rmdir()
    for entry in paths.folder.glob("*"):
        if entry.is_dir():
            shutil.rmtree(entry)
