"""`registries/lookups.json`: the addresses of every name that was met, and what registries say of each address."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from provisioner.audit.observing.met import met
from provisioner.audit.registries import lookups

AT_ONCE = 32


def looked_up(documents: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, Any]:
    """The document. ``own``: addresses of the consortium's own names, which this machine's resolver may not know.

    Raises:
        InvalidInputError: an imported copy of a registry is damaged.
    """
    names, addresses = met(documents)
    found = resolved(names - own.keys()) | {name: [own[name]] for name in sorted(names & own.keys())}
    wanted = addresses | {address for each in found.values() for address in each}
    return {"names": found, **lookups.of(wanted)}


def resolved(names: Iterable[str]) -> dict[str, list[str]]:
    """Addresses of names, sorted; a name that this machine can't resolve has none."""
    ordered = sorted(names)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(ordered, pool.map(_addresses, ordered), strict=True))


def _addresses(name: str) -> list[str]:
    try:
        return sorted({str(one[4][0]) for one in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError):
        return []
