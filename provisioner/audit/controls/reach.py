"""What the consortium and its municipalities declared that servers may reach, as networks."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from provisioner.audit.bundle import layout
from provisioner.audit.controls.case import Case, UnreadableError


def host_of(url: str) -> str:
    """The host in an address."""
    try:
        found = urlsplit(url).hostname
    except ValueError:
        found = None
    if not found:
        raise UnreadableError(layout.CONSORTIUM, url)
    return found


Span = tuple[int, int, int]
"""A network as version, first and last address: quick to compare, for there are many."""


@lru_cache(4096)
def span(target: str) -> Span:
    """The addresses of an address or a network; IPv4 inside IPv6 is IPv4.

    Raises:
        ValueError: it is neither.
    """
    network = ipaddress.ip_network(target, strict=False)
    first, last = network.network_address, network.broadcast_address
    if isinstance(first, ipaddress.IPv6Address) and first.ipv4_mapped and network.prefixlen >= 96:
        return (4, int(first) & 0xFFFFFFFF, int(last) & 0xFFFFFFFF)
    return (network.version, int(first), int(last))


@dataclass(frozen=True)
class Declared:
    """Networks that may be reached, and names that nobody could resolve."""

    spans: frozenset[Span] = frozenset()
    unresolved: frozenset[str] = frozenset()

    def plus(self, hosts: Iterable[str], names: Mapping[str, list[str]]) -> Declared:
        """The same, and hosts, addresses or networks that were declared too."""
        spans, unresolved = set(self.spans), set(self.unresolved)
        for host in hosts:
            try:
                spans.add(span(host))
            except ValueError:
                found = names.get(host, [])
                spans |= {span(address) for address in found}
                unresolved |= set() if found else {host}
        return Declared(frozenset(spans), frozenset(unresolved))

    def holds(self, target: str) -> bool:
        """Whether an address or a network lies in what was declared."""
        version, first, last = span(target)
        return any(one[0] == version and one[1] <= first and last <= one[2] for one in self.spans)


def keepers(spec: Mapping[str, Any]) -> dict[str, str]:
    """Sites of the consortium's own servers that hold copies, by address."""
    return {
        server["address"]: server["site"] for server in spec["servers"] if "backup" in server.get("roles", ())
    }


def by_topic(spec: Mapping[str, Any]) -> dict[str, set[str]]:
    """Hosts that the consortium declared for each list of `destinations`."""
    debian, audit = spec["debian"], spec["audit"]
    mirrors = [debian["mirror"], debian["security_mirror"], debian["proxy"]]
    # A vantage point without a fixed address may come from anywhere; its key opens one program alone (NC-ACC-01).
    anywhere = {"0.0.0.0/0", "::/0"}
    vantage = {point["address"] for point in audit["vantage_points"]}
    vantage = (vantage - {None}) | (anywhere if None in vantage else set())
    kept = keepers(spec)
    writers = {server["address"] for server in spec["servers"]} - set(kept) if kept else set()
    return {
        "resolvers": set(spec["resolvers"]),
        "fallback_resolvers": set(spec["resolvers"]),
        "time_servers": set(spec["time_servers"]),
        "fallback_time_servers": set(spec["time_servers"]),
        "mirrors": {host_of(url) for url in mirrors if url},
        "mail_relay": {spec["mail_relay"]["host"]},
        "acme_directory": {host_of(spec["acme"]["directory"])},
        "artifact_mirror": {host_of(spec["artifact_mirror"])},
        "ssh_allowed_from": {*spec["administration_networks"], *vantage, *writers},
        "backup_targets": {*kept, *(target["host"] for target in audit["backup_targets"])},
    }


def of_consortium(case: Case, names: Mapping[str, list[str]]) -> Declared:
    """What any server may reach: the consortium's own destinations, its servers and who administers them."""
    spec = case.consortium
    found: Declared | None = case.remembered.get("declared")
    if found is None:
        found = Declared()
        for topic, hosts in by_topic(spec).items():
            if topic != "ssh_allowed_from":
                found = found.plus(hosts, names)
        found = found.plus(spec["administration_networks"], names)
        found = found.plus((server["address"] for server in spec["servers"]), names)
        case.remembered["declared"] = found
    return found


def of_municipality(case: Case, code: str) -> set[str]:
    """Hosts and networks that a municipality's own spec lets its programs and accounts reach."""
    services = case.municipality(code)["services"]
    found: set[str] = set()
    for name in ("wordpress", "nextcloud"):
        found |= set((services[name] or {}).get("allowed_destinations", []))
    return found | sign_in_hosts(services["identity"])


def sign_in_hosts(identity: Mapping[str, Any] | None) -> set[str]:
    """A municipality's own directory and identity provider."""
    found = set()
    if identity is not None:
        federation, broker = identity["federation"], identity["broker"]
        found |= {host_of(federation["url"])} if federation else set()
        found |= {host_of(broker["issuer"])} if broker else set()
    return found


def names_of(case: Case) -> Mapping[str, list[str]]:
    """Addresses of the names that were met, as resolved when the evidence was collected."""
    names: Mapping[str, list[str]] = case.resolved()["names"]
    return names
