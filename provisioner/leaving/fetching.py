"""Fetching what a server holds, file by file, each compared with the digest that the server took of it."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Sequence
from typing import IO, Any

from provisioner.errors import DifferenceError, PartialFailureError
from provisioner.leaving.link import Link, judge, pour
from provisioner.leaving.store import JOURNAL, Fetched, Store, whole

Item = dict[str, Any]
Told = Callable[[int], None]


class CutError(Exception):
    """The stream ended before its end."""


def missing(store: Store, host: str, items: Sequence[Item]) -> list[Item]:
    """Those that aren't here as they are there; the one that was under way comes first."""
    left = []
    for item in items:
        here = store.fetched.get((host, item["name"]))
        if here is None or here.mark != item["mark"]:
            left.append(item)
    return sorted(left, key=lambda item: store.under_way(host, item) == 0)


def fetch(link: Link, host: str, run: str, store: Store, items: Sequence[Item], told: Told) -> None:  # noqa: PLR0913, PLR0917
    """All of ``items`` into the store.

    Raises:
        NuageError: the server is gone or said no; what is whole stays, and the next run goes on from there.
        MachineError: this machine's disk is full.
    """
    if not items:
        return
    offsets = [store.under_way(host, item) for item in items]
    asked = {"run": run, "files": [[item["name"], at] for item, at in zip(items, offsets, strict=True)]}
    process = link.open("send", host)
    assert process.stdin is not None and process.stdout is not None  # noqa: S101  both are pipes
    pour(process.stdin, json.dumps(asked).encode() + b"\n")
    process.stdin = None
    try:
        with (store.folder / JOURNAL).open("a", encoding="utf-8") as journal:
            for item, offset in zip(items, offsets, strict=True):
                _one(process.stdout, host, item, offset, store, journal, told)
    except CutError:
        _ended(process, host)
        raise PartialFailureError("export.cut", subject=host, host=host, detail="") from None
    except OSError as error:
        process.kill()
        process.wait()
        raise whole(error, store.folder) from error
    _ended(process, host)


def _ended(process: subprocess.Popen[bytes], host: str) -> None:
    _, errors = process.communicate()
    judge(process.returncode, errors, host)


def _one(  # noqa: PLR0913, PLR0917  one file, named
    stream: IO[bytes], host: str, item: Item, offset: int, store: Store, journal: IO[str], told: Told
) -> None:
    if _object(stream) != {"name": item["name"], "offset": offset}:
        raise CutError
    store.path(item["name"])
    with store.part(host, item, offset) as out:
        total = store.so_far(offset) if offset else hashlib.sha256()
        size = offset
        while length := int.from_bytes(_exactly(stream, 4), "big"):
            piece = _exactly(stream, length)
            out.write(piece)
            total.update(piece)
            size += length
            told(length)
    closing = _object(stream)
    if closing != {"sha256": total.hexdigest(), "size": size}:
        # The bytes that were there aren't those of now: they are fetched anew by the next run.
        (store.folder / ".partial").unlink(missing_ok=True)
        raise DifferenceError("export.differs", file=str(store.folder), detail=item["name"], count=1)
    one = Fetched(host, item["name"], item["mark"], size, total.hexdigest())
    store.keep(one, int(item["mtime"]), journal)


def _exactly(stream: IO[bytes], length: int) -> bytes:
    piece = stream.read(length)
    if len(piece) != length:
        raise CutError
    return piece


def _object(stream: IO[bytes]) -> Any:  # noqa: ANN401  what JSON gives
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise CutError
    return json.loads(line)
