"""This machine's archives, by content: a file is named by its SHA-256, and an index says what each one is.

Outside any consortium's folder, so that several share it, and so that an archive that somebody added once is found
again by the next. What isn't complete and verified lies apart and is never handed out.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from provisioner.artifacts.model import Pin
from provisioner.errors import MachineError, RefusedError
from provisioner.files import locked, read_text, write_atomic

VARIABLE = "NUAGE_ARTIFACTS"
BLOCK = 1 << 20

_INDEX: TypeAdapter[dict[str, Pin]] = TypeAdapter(dict[str, Pin])


def folder_from(environ: Mapping[str, str]) -> Path:
    """The cache's folder: NUAGE_ARTIFACTS, else the usual place of a person's caches."""
    named = environ.get(VARIABLE)
    if named:
        return Path(named).expanduser().resolve()
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nuage-commun" / "artifacts"


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass(frozen=True)
class Cache:
    """The folder, which need not exist yet."""

    folder: Path

    def path(self, sha256: str) -> Path:
        """Where an archive is, or would be; the action plugin `artifact_tree` looks there too."""
        return self.folder / "sha256" / sha256

    def partial(self, sha256: str) -> Path:
        """Where a download that isn't complete waits to be resumed."""
        return self.folder / "partial" / sha256

    def holds(self, pin: Pin) -> bool:
        """Whether the archive is there. Its size is looked at; its content was verified when it came in."""
        if pin.sha256 is None:
            return False
        try:
            size = self.path(pin.sha256).stat().st_size
        except FileNotFoundError:
            return False
        return pin.size in (None, size)

    def index(self) -> dict[str, Pin]:
        """What every archive is, by its SHA-256, in the order in which they came.

        Raises:
            MachineError: the index is damaged.
        """
        path = self.folder / "index.json"
        if not path.is_file():
            return {}
        try:
            return _INDEX.validate_json(read_text(path))
        except ValidationError as error:
            raise MachineError("artifacts.index-broken", file=str(path)) from error

    def record(self, pin: Pin) -> None:
        """Note what an archive is, as the latest that came."""
        sha256 = str(pin.sha256)
        with locked(self.folder):
            entries = {key: entry for key, entry in self.index().items() if key != sha256}
            self._write({**entries, sha256: pin})

    def forget(self, sha256: str) -> None:
        """Remove an archive that is damaged, and what is noted of it."""
        with locked(self.folder):
            self.path(sha256).unlink(missing_ok=True)
            self._write({key: entry for key, entry in self.index().items() if key != sha256})

    def _write(self, entries: Mapping[str, Pin]) -> None:
        told = {key: entry.model_dump(mode="json") for key, entry in entries.items()}
        write_atomic(self.folder / "index.json", json.dumps(told, indent=2, ensure_ascii=False) + "\n")

    @contextmanager
    def filling(self, sha256: str, waiting: Callable[[], None] = lambda: None) -> Iterator[Path]:
        """Hold one archive's place for the length of the block; another run waits for it. Gives its partial file."""
        path = self.partial(sha256)
        with on_disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            stream = path.with_suffix(".lock").open("a")
        with stream:
            try:
                flock(stream, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                waiting()
                flock(stream, LOCK_EX)
            yield path

    def settle(self, partial: Path, pin: Pin) -> Pin:
        """Verify a complete file and take it in; one that doesn't match is removed. Gives the pin with its size.

        Raises:
            RefusedError: it isn't the archive that was pinned.
        """
        size, found = partial.stat().st_size, digest_of(partial)
        if found != pin.sha256 or pin.size not in (None, size):
            partial.unlink()
            raise mismatch(pin, found, size)
        known = pin.model_copy(update={"size": size})
        path = self.path(found)
        with on_disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.chmod(0o644)
            with partial.open("rb") as stream:
                os.fsync(stream.fileno())
            partial.replace(path)
        self.record(known)
        return known

    def adopt(self, file: Path, pin: Pin) -> Pin:
        """Take a copy of ``file`` in as ``pin``.

        Raises:
            RefusedError: it isn't the archive that the pin names.
            MachineError: the disk is full, or the file can't be read.
        """
        with self.filling(str(pin.sha256)) as partial:
            if not self.holds(pin):
                with on_disk(partial):
                    shutil.copyfile(file, partial)
                return self.settle(partial, pin)
        known = pin.model_copy(update={"size": self.path(str(pin.sha256)).stat().st_size})
        self.record(known)
        return known


def mismatch(pin: Pin, sha256: str, size: int, source: str = "") -> RefusedError:
    """A file that isn't the archive that was pinned: what was expected, and what came."""
    return RefusedError(
        "artifacts.mismatch",
        subject=f"{pin.name} {pin.version}",
        source=source or "—",
        expected=pin.sha256 or "—",
        got=sha256,
        expected_size="?" if pin.size is None else pin.size,
        got_size=size,
    )


@contextmanager
def on_disk(path: Path) -> Iterator[None]:
    """Trouble with the disk, in words; a file that a full disk cut short goes."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            with suppress(OSError):
                path.unlink()
            raise MachineError("artifacts.disk-full", file=str(path.parent)) from error
        raise MachineError(
            "files.cannot-write", file=str(error.filename or path), detail=os.strerror(error.errno or 0)
        ) from error
