"""`registries/lookups.json` of a bundle: what the imported copies say of exactly the addresses that were met."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from provisioner.audit.controls.registered import scope_of
from provisioner.audit.registries import formats, store
from provisioner.audit.registries.ranges import Hit
from provisioner.audit.registries.store import Kept

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def of(addresses: Iterable[str], folder: Path | None = None) -> dict[str, Any]:
    """``snapshots`` that were asked and what they say of each of the ``addresses``; both empty without any copy.

    ``folder``: where the copies are; the user's own by default.

    Raises:
        InvalidInputError: a copy is damaged.
    """
    copies = store.kept(folder or store.folder_from(os.environ))
    said = {text: _said(text, copies) for text in sorted(set(addresses))} if copies else {}
    return {"snapshots": [asdict(one.snapshot) for one in copies], "addresses": said}


def _said(text: str, copies: Sequence[Kept]) -> dict[str, Any]:
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    found: dict[str, Any] = {
        "scope": scope_of(text) or None,
        "prefix": None,
        "asns": [],
        "org": None,
        "country_registered": None,
        "countries": [],
        "complete": False,
        "rir_country": None,
    }
    if found["scope"]:
        return found
    announced, by = _narrowest(address, copies, formats.PFX2AS)
    if announced and by:
        found |= {"prefix": _shown(announced, address.version), "asns": by.values[announced.value]}
        found |= _organisations(found["asns"], copies)
    held, by = _narrowest(address, copies, formats.DELEGATED)
    if held and by:
        found["rir_country"] = by.values[held.value]
        found["prefix"] = found["prefix"] or _shown(held, address.version)
    return found


def _narrowest(address: Address, copies: Sequence[Kept], kind: str) -> tuple[Hit | None, Kept | None]:
    """The narrowest range of all the copies of a kind."""
    best: tuple[Hit | None, Kept | None] = (None, None)
    for one in copies:
        if one.snapshot.kind != kind or address.version not in one.ranges:
            continue
        hit = one.ranges[address.version].find(int(address))
        if hit and (best[0] is None or hit.last - hit.first < best[0].last - best[0].first):
            best = (hit, one)
    return best


def _organisations(systems: Iterable[int], copies: Sequence[Kept]) -> dict[str, Any]:
    """Names and countries of who announces; no countries at all where one of them isn't known."""
    names, countries = [], []
    for asn in systems:
        for one in copies:
            place = one.systems.get(str(asn))
            if place is not None:
                names.append(one.values[place][0])
                countries.append(one.values[place][1])
                break
        else:
            countries.append(None)
    known = sorted({country for country in countries if country})
    whole = bool(known) and None not in countries
    return {
        "org": "; ".join(names) or None,
        # A foreign one is told even where another isn't known.
        "countries": known,
        "country_registered": known[0] if whole and len(known) == 1 else None,
        "complete": whole,
    }


def _shown(hit: Hit, version: int) -> str:
    """`24.200.0.0/14`, or both ends where a range is no single prefix."""
    make: Any = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
    networks = list(ipaddress.summarize_address_range(make(hit.first), make(hit.last)))
    return str(networks[0]) if len(networks) == 1 else f"{make(hit.first)}-{make(hit.last)}"
