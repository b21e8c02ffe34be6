"""What offline copies of the Internet's registries say of an address. Claims, never proof of a place."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

OLDEST_DAYS = 180
"""Of a copy that still says who holds an address."""


@dataclass(frozen=True)
class Registered:
    """Who announces an address, by the countries that they registered in."""

    address: str
    scope: str = ""
    """`private`, `loopback`… of an address that no registry speaks of; empty for a public one."""
    countries: tuple[str, ...] = ()
    """Of the organisations that announce it, and of the registry's own record."""
    known: bool = False
    """Whether both an announcing organisation's country and the registry's are known."""

    def foreign(self, allowed: Collection[str]) -> tuple[str, ...]:
        """Countries that aren't allowed."""
        return tuple(country for country in self.countries if country not in allowed)


def of(lookups: Mapping[str, Any], address: str) -> Registered:
    """What is known of ``address``; nothing where the collection didn't look it up."""
    scope = scope_of(address)
    said = lookups["addresses"].get(address)
    if said is None or scope:
        return Registered(address, scope)
    record = [said["rir_country"]] if said["rir_country"] else []
    countries = tuple(sorted({*said["countries"], *record}))
    known = bool(said["asns"] and said["countries"] and said["complete"] and record)
    return Registered(address, "", countries, known)


def scope_of(address: str) -> str:
    """Why no registry can speak of an address; empty where one can. Never believed of a bundle: derived here."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if ip.is_loopback or ip.is_unspecified:
        return "loopback"
    if ip.is_link_local:
        return "link-local"
    if ip.is_multicast:
        return "multicast"
    if any(ip in network for network in _DOCUMENTATION if network.version == ip.version):
        return "documentation"
    return "private" if not ip.is_global else ""


_DOCUMENTATION = tuple(
    ipaddress.ip_network(text)
    for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
)
