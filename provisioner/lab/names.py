"""The lab's resolver: a dnsmasq on the bridge's address, that knows the lab's names and no others."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from ipaddress import IPv4Address

from provisioner.files import write_atomic
from provisioner.lab import processes
from provisioner.lab.state import LabState, Paths


def hosts_file(lab: LabState) -> str:
    """The lab's hosts and the names that were given to it, in the format of /etc/hosts."""
    entries: Sequence[tuple[str, IPv4Address]] = (
        *((host.name, lab.address(host)) for host in lab.hosts),
        *lab.names,
    )
    return "".join(f"{address} {name}\n" for name, address in entries)


def update(paths: Paths, lab: LabState) -> None:
    """Write the names, and have the resolver read them again."""
    folder = paths.service("names")
    write_atomic(folder / "hosts", hosts_file(lab))
    pid = processes.alive(folder / "pid")
    if pid is not None:
        os.kill(pid, signal.SIGHUP)


def start(paths: Paths, lab: LabState) -> None:
    """Start the resolver. Any other name doesn't exist, said at once: there is no upstream to wait for."""
    update(paths, lab)
    folder = paths.service("names")
    if processes.alive(folder / "pid"):
        return
    command = ["dnsmasq", "--conf-file=/dev/null", "--keep-in-foreground", "--log-facility=-"]
    command += ["--bind-interfaces", f"--listen-address={lab.gateway}", "--except-interface=lo"]
    command += ["--no-resolv", "--no-hosts", "--no-poll", "--address=/#/", "--local-ttl=1"]
    command += [f"--addn-hosts={folder / 'hosts'}", "--pid-file=", "--user=root"]
    processes.start(command, folder / "pid", folder / "output.log")
    processes.wait_listening("dnsmasq", str(lab.gateway), 53, folder / "pid", folder / "output.log")


def stop(paths: Paths) -> None:
    """Stop the resolver."""
    processes.stop(paths.service("names") / "pid")
