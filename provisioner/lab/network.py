"""The lab's bridge, and a network namespace with a cable to it for each host.

Hosts get no default route: what they may reach is on the bridge, as in production.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

from provisioner.errors import MachineError
from provisioner.lab import programs
from provisioner.lab.state import Paths

# Private ones only: some closed networks answer for the Internet from the documentation ranges, and a
# bridge on such a range would cut this machine off from its mirrors, with no route to show it beforehand.
CANDIDATES = tuple(IPv4Network(f"10.213.{number}.0/24") for number in range(64))
LOCK = Path("/run/nuage-lab-network.lock")


def choose(taken: Iterable[IPv4Network], wanted: IPv4Network | None = None) -> IPv4Network:
    """The first candidate that overlaps nothing taken; ``wanted``, if given, is tried first.

    Raises:
        MachineError: the machine uses them all.
    """
    used = list(taken)
    candidates: tuple[IPv4Network, ...] = (wanted, *CANDIDATES) if wanted else CANDIDATES
    for candidate in candidates:
        if not any(candidate.overlaps(network) for network in used):
            return candidate
    raise MachineError("lab.no-network")


def taken(addresses: str, routes: str) -> list[IPv4Network]:
    """The networks in the output of `ip -j addr` and `ip -j route show table all`."""
    networks = [
        IPv4Interface(f"{entry['local']}/{entry['prefixlen']}").network
        for link in json.loads(addresses or "[]")
        for entry in link.get("addr_info", ())
        if entry["family"] == "inet"
    ]
    for route in json.loads(routes or "[]"):
        destination = route.get("dst", "default")
        if destination != "default" and ":" not in destination:
            networks.append(IPv4Network(destination, strict=False))
    return [network for network in networks if network.prefixlen > 0]


@contextmanager
def choosing() -> Iterator[None]:
    """Two labs that come up at once must not choose the same network: wait for one another."""
    with LOCK.open("w", encoding="ascii") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def choose_here(wanted: IPv4Network | None = None) -> IPv4Network:
    """A network that this machine doesn't have; call it within `choosing`."""
    routes = programs.run(["ip", "-4", "-j", "route", "show", "table", "all"])
    return choose(taken(programs.run(["ip", "-4", "-j", "addr"]), routes), wanted)


def has_link(name: str) -> bool:
    """Whether the machine has an interface of that name."""
    return Path("/sys/class/net", name).exists()


def make_bridge(paths: Paths, network: IPv4Network) -> None:
    """The bridge, with the network's first address; nothing to do when it is there."""
    if has_link(paths.bridge):
        return
    programs.run(["ip", "link", "add", paths.bridge, "type", "bridge"])
    address = f"{network[1]}/{network.prefixlen}"
    programs.run(["ip", "addr", "add", address, "dev", paths.bridge])
    programs.run(["ip", "link", "set", paths.bridge, "up"])


def make_namespace(paths: Paths, host: str, number: int, address: IPv4Interface) -> None:
    """A fresh network namespace with one interface, `eth0`, on the lab's bridge."""
    drop_namespace(paths, host, number)
    name, cable = paths.namespace(host), paths.veth(number)
    programs.run(["ip", "netns", "add", name])
    # The same hardware address each time: neighbours would wait a minute for an unknown one.
    mac = ":".join(re.findall("..", f"02{paths.tag}{number:04x}"))
    peer = ["peer", "name", "eth0", "address", mac, "netns", name]
    programs.run(["ip", "link", "add", cable, "type", "veth", *peer])
    programs.run(["ip", "link", "set", cable, "master", paths.bridge, "up"])
    programs.run(["ip", "-n", name, "addr", "add", str(address), "dev", "eth0"])
    programs.run(["ip", "-n", name, "link", "set", "eth0", "up"])
    programs.run(["ip", "-n", name, "link", "set", "lo", "up"])


def drop_namespace(paths: Paths, host: str, number: int) -> None:
    """Remove a namespace and its cable, whichever of the two there is."""
    if has_link(paths.veth(number)):
        programs.run(["ip", "link", "del", paths.veth(number)])
    if Path("/run/netns", paths.namespace(host)).exists():
        programs.run(["ip", "netns", "del", paths.namespace(host)])


def namespaces(paths: Paths) -> list[str]:
    """The names of the lab's network namespaces on this machine."""
    folder = Path("/run/netns")
    if not folder.is_dir():
        return []
    return sorted(p.name for p in folder.iterdir() if p.name.startswith(paths.namespace_prefix))


def pids(namespace: str) -> list[int]:
    """The processes in a network namespace."""
    return [int(word) for word in programs.run(["ip", "netns", "pids", namespace]).split()]


def kill_inside(namespace: str) -> None:
    """End all processes in a network namespace at once."""
    for pid in pids(namespace):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def drop_all(paths: Paths) -> None:
    """Remove all the lab's namespaces, cables and its bridge."""
    for namespace in namespaces(paths):
        programs.run(["ip", "netns", "del", namespace])
    for link in sorted(Path("/sys/class/net").iterdir()):
        if link.name.startswith(f"nv{paths.tag}-"):
            programs.succeeds(["ip", "link", "del", link.name])
    if has_link(paths.bridge):
        programs.run(["ip", "link", "del", paths.bridge])


def interface(address: IPv4Address, network: IPv4Network) -> IPv4Interface:
    """An address with its network's length."""
    return IPv4Interface(f"{address}/{network.prefixlen}")
