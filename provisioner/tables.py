"""CSV files as people send them: bytes in, rows with their line numbers out.

A comma or a semicolon, a byte-order mark and CRLF are accepted. Text that isn't UTF-8 is refused: French
Excel saves Windows-1252 by default, and guessing would turn "é" into something else without a word.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from provisioner.errors import InvalidInputError, MachineError, Problem

LARGEST = 64 * 1024 * 1024
"""Bytes; the official directory weighs 1 MB, 10,000 requests 3 MB."""


@dataclass(frozen=True)
class Table:
    """A header and the rows under it, each with the line it starts on."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    broken: tuple[Problem, ...]
    """Rows whose number of fields isn't the header's; reported together with what else is wrong."""


def read_bytes(path: Path) -> bytes:
    """The content of ``path``.

    Raises:
        MachineError: it can't be read.
        InvalidInputError: it is larger than `LARGEST`.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise MachineError(
            "files.cannot-read", file=str(path), detail=os.strerror(error.errno or 0)
        ) from error
    if len(data) > LARGEST:
        raise InvalidInputError("table.too-large", file=str(path), limit=LARGEST // 1024 // 1024)
    return data


def decode(data: bytes, file: str) -> str:
    """The text of UTF-8 bytes, without a byte-order mark.

    Raises:
        InvalidInputError: UTF-16, or bytes that aren't UTF-8, with the line of the first one.
    """
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise InvalidInputError("table.utf16", file=file, line=1)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line_start = data.rfind(b"\n", 0, error.start) + 1
        line_end = data.find(b"\n", error.start)
        sample = data[line_start : line_end if line_end >= 0 else len(data)].decode("cp1252", "replace")
        raise InvalidInputError(
            "table.not-utf8",
            file=file,
            line=data.count(b"\n", 0, error.start) + 1,
            sample=_excerpt(sample, error.start - line_start),
        ) from error


def _excerpt(text: str, position: int) -> str:
    return "".join(c for c in text[max(0, position - 20) : position + 20] if c.isprintable())


def parse(text: str, file: str) -> Table:
    """The table in ``text``; blank lines are skipped.

    Raises:
        InvalidInputError: it is empty, has no header, or its quotes never close.
    """
    first = text.split("\n", 1)[0]
    if not first.strip(' \r\t,;"'):
        raise InvalidInputError("table.empty", file=file, line=1)
    delimiter = ";" if first.count(";") > first.count(",") else ","
    rows: list[tuple[int, tuple[str, ...]]] = []
    broken: list[Problem] = []
    lines = _rows(text, delimiter, file)
    header = tuple(cell.strip() for cell in next(lines)[1])
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            context: dict[str, object] = {"found": len(cells), "expected": len(header)}
            broken.append(Problem("table.broken-row", file=file, line=line, context=context))
            continue
        rows.append((line, tuple(cell.strip() for cell in cells)))
    return Table(header, tuple(rows), tuple(broken))


def _rows(text: str, delimiter: str, file: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InvalidInputError("table.bad-quotes", file=file, line=line) from error
        yield line, cells
        line = reader.line_num + 1
