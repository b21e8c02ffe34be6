"""The pins and what this machine has of them, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner import messages
from provisioner.artifacts.cache import Cache
from provisioner.artifacts.model import Pin
from provisioner.artifacts.requirements import available
from provisioner.report.table import grid

COLUMNS = ("name", "version", "licence", "size", "digest", "state")


def state_of(pin: Pin, cache: Cache) -> str:
    """`cached`, `own` (cached, the consortium's build), `absent`, or `unpinned`: no digest to compare with."""
    if pin.sha256 is None:
        return "unpinned"
    if not cache.holds(pin):
        return "absent"
    return "own" if pin.provenance == "consortium" else "cached"


def _shown(pin: Pin, cache: Cache, there: Mapping[str, Pin]) -> str:
    """The state in words; an archive of that name which nobody pinned here is told too."""
    said = messages.text(f"artifacts.state-{state_of(pin, cache)}")
    other = there.get(pin.name)
    if other is None or other.sha256 == pin.sha256:
        return said
    told = messages.text("artifacts.offered", version=other.version, digest=str(other.sha256)[:12])
    return f"{said}; {told}"


def rows(pins: Mapping[str, Pin], cache: Cache) -> list[dict[str, Any]]:
    """Every pin with its state, for programs."""
    return [
        {**pin.model_dump(mode="json"), "file": pin.file, "state": state_of(pin, cache)}
        for pin in pins.values()
    ]


def table(pins: Mapping[str, Pin], cache: Cache) -> str:
    """The same for people."""
    there = available(pins, cache)
    headers = [messages.text(f"artifacts.column-{column}") for column in COLUMNS]
    lines = [
        [
            pin.name,
            pin.version,
            pin.licence,
            "?" if pin.size is None else f"{pin.size / (1 << 20):.1f}",
            (pin.sha256 or "—")[:12],
            _shown(pin, cache, there),
        ]
        for pin in pins.values()
    ]
    return grid(headers, lines)
