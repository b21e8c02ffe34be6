"""A live line per municipality at a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from provisioner import messages
from provisioner.execution.results import HostResult, Outcome


class Display:
    """Shows what each stale host is doing. ``label`` names a host as people know it."""

    def __init__(self, console: Console, label: Callable[[str], str]) -> None:
        self._console = console
        self._label = label
        self._rows: dict[str, TaskID] = {}
        self._ended: set[str] = set()
        self._roles: dict[str, str] = {}
        self._started = time.monotonic()
        self._progress: Progress | None = None
        if console.is_terminal:
            self._progress = Progress(
                SpinnerColumn(finished_text=" "),
                TextColumn("{task.fields[name]}"),
                BarColumn(bar_width=12),
                TextColumn("{task.description}"),
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

    def handle(self, result: HostResult | None) -> None:
        """Show what an event changed."""
        if result is not None and result.stale and result.host not in self._ended:
            self._show(result)

    def _show(self, result: HostResult) -> None:
        ended = result.failed or result.recorded
        if ended:
            self._ended.add(result.host)
        if self._progress is None:
            self._print(result, ended=ended)
            return
        row = self._rows.get(result.host)
        if row is None:
            row = self._progress.add_task("", total=None, name=self._label(result.host))
            self._rows[result.host] = row
        description = messages.text(f"apply.outcome-{result.outcome.value}") if ended else self._step(result)
        self._progress.update(
            row, description=description, total=1 if ended else None, completed=1 if ended else 0
        )

    def _print(self, result: HostResult, *, ended: bool) -> None:
        # A server takes minutes the first time; a municipality seconds.
        news = result.host == result.server and result.role not in ("", self._roles.get(result.host))
        self._roles[result.host] = result.role
        if ended or news:
            self._console.print(self._line(result, ended=ended), markup=False, highlight=False)

    def _line(self, result: HostResult, *, ended: bool) -> str:
        created = result.recorded and not result.record
        outcome = Outcome.CREATED if created and result.outcome is Outcome.CHANGED else result.outcome
        return messages.text(
            "apply.line",
            seconds=f"{time.monotonic() - self._started:6.1f}",
            name=self._label(result.host),
            outcome=messages.text(f"apply.outcome-{outcome.value}") if ended else self._step(result),
        )

    @staticmethod
    def _step(result: HostResult) -> str:
        key = f"apply.step-{result.role}"
        return messages.text(key) if messages.has(key) else messages.text("apply.step")
