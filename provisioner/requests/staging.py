"""Write many new files into one folder, all of them or none.

Each file is written in full into a hidden folder beside its place; renaming that folder is the moment of
decision; then each file is moved into place. What an interruption leaves is settled by `recover`, which
the next request command calls first:

- before the decision: the hidden folder goes, and nothing was written;
- after it: the files that are still there are moved.

Between a crash and that next command, some of the new requests show and some don't; no server is concerned,
since a request is placed nowhere until it is approved. An existing file is never replaced.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from provisioner.errors import MachineError, Problem, RefusedError

PREPARING = ".nuage-preparing"
DECIDED = ".nuage-decided"


def write_all(folder: Path, files: Mapping[str, str]) -> None:
    """Create every file of ``files`` (name to text) in ``folder``; hold the consortium's lock meanwhile.

    Raises:
        MachineError: the disk is full or the folder can't be written; nothing was written.
        RefusedError: one of the names exists already; nothing was written.
    """
    recover(folder)
    _refuse_existing(folder, files)
    preparing = folder / PREPARING
    try:
        preparing.mkdir(parents=True)
        for name, text in files.items():
            _write(preparing / name, text)
        _sync(preparing)
        preparing.rename(folder / DECIDED)
        _sync(folder)
    except OSError as error:
        shutil.rmtree(preparing, ignore_errors=True)
        raise _cannot_write(folder, error) from error
    placed: list[Path] = []
    try:
        _place(folder, placed)
    except OSError as error:
        for path in placed:
            path.unlink(missing_ok=True)
        shutil.rmtree(folder / DECIDED, ignore_errors=True)
        raise _cannot_write(folder, error) from error


def recover(folder: Path) -> None:
    """Settle what an interrupted `write_all` left; does nothing otherwise. Hold the consortium's lock.

    Raises:
        RefusedError: somebody wrote one of the files by hand since the interruption.
    """
    shutil.rmtree(folder / PREPARING, ignore_errors=True)
    decided = folder / DECIDED
    if not decided.is_dir():
        return
    try:
        _refuse_existing(folder, [path.name for path in decided.iterdir()], decided)
        _place(folder, [])
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _place(folder: Path, placed: list[Path]) -> None:
    """Move each decided file into place, noting it in ``placed``, then drop the hidden folder."""
    decided = folder / DECIDED
    for source in sorted(decided.iterdir()):
        placed.append(folder / source.name)
        source.rename(folder / source.name)
    _sync(folder)
    decided.rmdir()


def _refuse_existing(folder: Path, file_names: Iterable[str], decided: Path | None = None) -> None:
    key = "request.file-in-the-way" if decided else "request.file-exists"
    problems = [
        Problem(key, file=str(folder / name), context={"folder": str(decided or folder)})
        for name in sorted(file_names)
        if (folder / name).exists()
    ]
    if problems:
        raise RefusedError.of(problems)


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fchmod(stream.fileno(), 0o644)
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot_write(folder: Path, error: OSError) -> MachineError:
    return MachineError("files.cannot-write", file=str(folder), detail=os.strerror(error.errno or 0))
