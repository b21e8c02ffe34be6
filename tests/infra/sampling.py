"""What anybody on the machines could read of the processes while something ran."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self


class ProcessSampler:
    """Command lines of all processes of this machine; those of the lab's hosts are among them.

    Environments are read too, except for the one that may hold the vault's password.
    """

    INTERVAL_SECONDS = 0.05

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.samples = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self.INTERVAL_SECONDS):
            for folder in Path("/proc").iterdir():
                if folder.name.isdigit():
                    self._read(folder)
            self.samples += 1

    def _read(self, folder: Path) -> None:
        for name in ("cmdline", "environ"):
            with suppress(OSError):
                self.seen.add((folder / name).read_bytes().decode(errors="replace"))
