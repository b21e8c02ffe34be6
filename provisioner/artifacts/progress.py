"""How a fetch tells what it does; the console's side is in `provisioner.report.artifacts`."""

from __future__ import annotations

from typing import Protocol

from provisioner.artifacts.model import Pin


class Progress(Protocol):
    """Told of each archive in turn."""

    def begin(self, pin: Pin, source: str) -> None:
        """A source is asked for the archive."""

    def advance(self, done: int, total: int | None) -> None:
        """So many bytes are there, of so many."""

    def waiting(self, pin: Pin) -> None:
        """Another run fetches the same archive; this one waits for it."""

    def failed(self, pin: Pin, source: str, detail: str) -> None:
        """A source didn't give it; the next one is asked."""

    def done(self, pin: Pin) -> None:
        """It is in the cache, verified."""
