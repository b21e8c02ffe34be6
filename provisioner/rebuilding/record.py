"""What was brought back, from which copy, onto which server: lines beside the specs that nobody changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from provisioner import chained
from provisioner.planning.lock import Awaited

RECORD = "rebuilds.log.jsonl"
"""Beside the specs."""


def note(folder: Path, host: str, server: str, of: Awaited, result: Mapping[str, object]) -> None:
    """Add a line; ``result`` has `good`, and the figures or the key of what went wrong.

    Raises:
        MachineError: it can't be written.
    """
    line = {
        "noted": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "event": "rebuild",
        "host": host,
        "lost": of.source,
        "server": server,
        "keeper": of.keeper,
        "copy": of.snapshot,
        "time": of.time,
    }
    chained.append(folder / RECORD, {**line, **result})
