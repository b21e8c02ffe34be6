"""Atomic writes and the lock that guards a consortium's folder.

A crash leaves the old file or the new one: a temporary file in the same folder, fsync, rename.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from provisioner.errors import LockedError, MachineError

PATIENCE = 5
"""Seconds that a lock may take to come free: a killed run's own programs let go of it a moment after it."""


def write_atomic(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Replace ``path`` with ``content`` (text as UTF-8), or leave it as it was.

    Raises:
        MachineError: the folder can't be written, or the disk is full.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            with suppress(OSError):
                Path(temporary).unlink()
        raise MachineError(
            "files.cannot-write", file=str(path), detail=os.strerror(error.errno or 0)
        ) from error


def write_if_changed(path: Path, content: str, mode: int = 0o644) -> bool:
    """Like `write_atomic`, but leaves a file alone that already holds ``content``. True when it wrote."""
    try:
        if path.read_bytes() == content.encode():
            return False
    except FileNotFoundError:
        pass
    write_atomic(path, content, mode)
    return True


def read_text(path: Path) -> str:
    """The text of a UTF-8 file.

    Raises:
        MachineError: there is no such file, or it can't be read.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise MachineError(
            "files.cannot-read", file=str(path), detail=os.strerror(error.errno or 0)
        ) from error
    except UnicodeDecodeError as error:
        raise MachineError("files.not-utf8", file=str(path), position=error.start) from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock (`.nuage.lock`, flock) for the length of the block.

    Raises:
        LockedError: another run holds it; the message names its process.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / ".nuage.lock").open("a+", encoding="ascii")
    except OSError as error:
        raise MachineError(
            "files.cannot-write", file=str(folder), detail=os.strerror(error.errno or 0)
        ) from error
    with stream:
        _take(stream, folder)
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        yield


def _take(stream: IO[str], folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            stream.seek(0)
            raise LockedError(
                "files.locked", file=str(folder), process=stream.read().strip() or "?"
            ) from error
        return
