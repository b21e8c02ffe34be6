"""A live bar per archive at a terminal, plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TransferSpeedColumn
from rich.progress import Progress as Bars

from provisioner import messages
from provisioner.artifacts.model import Pin


class Display:
    """A `progress.Progress` for people."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._row: TaskID | None = None
        self._bars: Bars | None = None
        if console.is_terminal:
            self._bars = Bars(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=20),
                DownloadColumn(binary_units=True),
                TransferSpeedColumn(),
                console=console,
            )

    def __enter__(self) -> Self:
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def begin(self, pin: Pin, source: str) -> None:
        """See `progress.Progress`."""
        self._say("artifacts.fetching", pin, source=source)
        if self._bars is not None:
            self._close()
            self._row = self._bars.add_task(f"{pin.name} {pin.version}", total=pin.size)

    def advance(self, done: int, total: int | None) -> None:
        """See `progress.Progress`."""
        if self._bars is not None and self._row is not None:
            self._bars.update(self._row, completed=done, total=total)

    def waiting(self, pin: Pin) -> None:
        """See `progress.Progress`."""
        self._say("artifacts.waiting", pin)

    def failed(self, pin: Pin, source: str, detail: str) -> None:
        """See `progress.Progress`."""
        self._close()
        self._say("artifacts.source-failed", pin, source=source, detail=detail)

    def done(self, pin: Pin) -> None:
        """See `progress.Progress`."""
        self._close()
        self._say("artifacts.fetched", pin, mebibytes=f"{(pin.size or 0) / (1 << 20):.1f}")

    def _close(self) -> None:
        if self._bars is not None and self._row is not None:
            self._bars.remove_task(self._row)
            self._row = None

    def _say(self, key: str, pin: Pin, **context: object) -> None:
        line = messages.text(key, name=pin.name, version=pin.version, **context)
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
