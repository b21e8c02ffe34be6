"""Records whose lines are added and never changed: each has the digest of the one before."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from provisioner.errors import MachineError


def append(path: Path, entry: Mapping[str, object]) -> None:
    """Add a line, on disk before anything goes on.

    Raises:
        MachineError: it can't be written.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            stream.seek(0)
            lines = stream.read().splitlines()
            previous = hashlib.sha256(lines[-1]).hexdigest() if lines else ""
            line = {**entry, "previous": previous}
            stream.write(json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        detail = os.strerror(error.errno or 0)
        raise MachineError("files.cannot-write", file=str(path), detail=detail) from error


def broken(lines: list[bytes]) -> int | None:
    """The first line of a record (from 1) that doesn't follow from the one before; None when all do."""
    before = b""
    for number, line in enumerate(lines, start=1):
        wanted = hashlib.sha256(before).hexdigest() if before else ""
        try:
            entry: Mapping[str, object] = json.loads(line)
        except ValueError:
            return number
        if entry.get("previous") != wanted:
            return number
        before = line
    return None
