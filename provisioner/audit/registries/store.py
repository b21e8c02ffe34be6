"""Where imported copies live between runs: two files each, in the user's data directory."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import mmap
import os
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from provisioner.audit.registries import formats
from provisioner.audit.registries.formats import WIDTHS, Read
from provisioner.audit.registries.ranges import Ranges, pack
from provisioner.directory import store as directory
from provisioner.errors import InvalidInputError, MachineError
from provisioner.files import write_atomic

VERSION = 1
LARGEST = 512 << 20
"""Bytes of text; a full table has 25 MB."""
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Snapshot:
    """A copy that was imported, as a bundle names it."""

    name: str
    kind: str
    sha256: str
    """Of the file as it was given."""
    date: str
    rows: int


def folder_from(environ: Mapping[str, str]) -> Path:
    """Beside the directory of municipalities."""
    return directory.path_from(environ).parent / "registries"


def take(path: Path, folder: Path, given: date | None = None) -> Snapshot:
    """Read a file and keep what it says, in the place of an older copy of the same. ``given``: its date.

    Raises:
        MachineError: it can't be read, or the folder can't be written.
        InvalidInputError: it isn't one of the formats, or has no date.
    """
    data = _bytes(path)
    text, stamped = _text(data, str(path))
    read = formats.read(text, str(path))
    day = given or read.date or formats.day_in(path.name) or stamped
    if day is None:
        raise InvalidInputError("audit-import.no-date", file=str(path))
    snapshot = Snapshot(path.name, read.kind, hashlib.sha256(data).hexdigest(), day.isoformat(), read.rows)
    _keep(snapshot, read, folder)
    return snapshot


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        detail = os.strerror(error.errno or 0)
        raise MachineError("files.cannot-read", file=str(path), detail=detail) from error
    if len(data) > LARGEST:
        raise InvalidInputError("audit-import.too-large", file=str(path), limit=LARGEST >> 20)
    return data


def _text(data: bytes, file: str) -> tuple[str, date | None]:
    """The text, and the date that gzip keeps of the file that it packed."""
    stamped = None
    if data[:2] == _GZIP:
        seconds = int.from_bytes(data[4:8], "little")
        stamped = datetime.fromtimestamp(seconds, UTC).date() if seconds else None
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
                data = stream.read(LARGEST + 1)
        except (OSError, EOFError, zlib.error):
            raise InvalidInputError("audit-import.bad-gzip", file=file) from None
    if len(data) > LARGEST:
        raise InvalidInputError("audit-import.too-large", file=file, limit=LARGEST >> 20)
    # Names of organisations may hold anything; what counts is ASCII.
    return data.decode("utf-8", "replace"), stamped


def _keep(snapshot: Snapshot, read: Read, folder: Path) -> None:
    parts, sizes = [], {}
    for version, entries in sorted(read.ranges.items()):
        packed, cuts = pack(entries, WIDTHS[version])
        sizes[str(version)] = {"entries": len(entries), "cuts": cuts, "bytes": len(packed)}
        parts.append(packed)
    data = b"".join(parts)
    about = {
        "version": VERSION,
        "snapshot": asdict(snapshot),
        "sizes": sizes,
        "values": read.values,
        "systems": read.systems,
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    name = "-".join(part for part in (read.kind, read.scope) if part)
    # The numbers first: words without them are found out by their hash.
    write_atomic(folder / f"{name}.bin", data)
    write_atomic(folder / f"{name}.json", json.dumps(about, ensure_ascii=False))


@dataclass(frozen=True)
class Kept:
    """A copy, ready to be asked."""

    snapshot: Snapshot
    values: list[Any]
    ranges: dict[int, Ranges]
    systems: dict[str, int]


def kept(folder: Path) -> list[Kept]:
    """Every copy, by name; none where nothing was imported.

    Raises:
        InvalidInputError: a file isn't what this version wrote.
    """
    return [_open(path) for path in sorted(folder.glob("*.json"))]


def _open(path: Path) -> Kept:
    try:
        about = json.loads(path.read_bytes())
        data = _mapped(path.with_suffix(".bin"))
        if about["version"] != VERSION or hashlib.sha256(data).hexdigest() != about["sha256"]:
            raise InvalidInputError("audit-import.damaged", file=str(path))
        place, ranges = 0, {}
        for version, size in sorted(about["sizes"].items()):
            part = memoryview(data)[place : place + size["bytes"]]
            ranges[int(version)] = Ranges(part, WIDTHS[int(version)], size["entries"], size["cuts"])
            place += size["bytes"]
        return Kept(Snapshot(**about["snapshot"]), about["values"], ranges, about["systems"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInputError("audit-import.damaged", file=str(path)) from error


def _mapped(path: Path) -> bytes | mmap.mmap:
    with path.open("rb") as stream:
        # An empty file can't be mapped: as-org has no ranges.
        empty = not os.fstat(stream.fileno()).st_size
        return b"" if empty else mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
