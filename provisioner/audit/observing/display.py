"""The steps of an audit: a bar for each at a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from provisioner import messages


class Steps:
    """Shows which step is at work, and how far it is."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._current: TaskID | None = None
        self._progress: Progress | None = None
        if console.is_terminal:
            self._progress = Progress(
                SpinnerColumn(finished_text=" "),
                TextColumn("{task.description}"),
                BarColumn(bar_width=12),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=console,
            )

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def begin(self, step: str, total: int = 1) -> None:
        """The step before is done; this one has ``total`` parts."""
        description = messages.text(f"audit-collect.step-{step}")
        if self._progress is None:
            seconds = f"{time.monotonic() - self._started:6.1f}"
            self._console.print(f"{seconds} s  {description}", markup=False, highlight=False)
            return
        self.end()
        self._current = self._progress.add_task(description, total=total)

    def advance(self) -> None:
        """One part more is done."""
        if self._progress is not None and self._current is not None:
            self._progress.advance(self._current)

    def end(self) -> None:
        """The step at work is done."""
        if self._progress is not None and self._current is not None:
            total = next(task.total for task in self._progress.tasks if task.id == self._current)
            self._progress.update(self._current, completed=total or 1)
            self._current = None
