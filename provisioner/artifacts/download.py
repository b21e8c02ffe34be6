"""One archive over HTTP, resumed where an earlier try stopped."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import requests
import urllib3

from provisioner.artifacts.cache import BLOCK, on_disk
from provisioner.artifacts.model import Pin

TIMEOUT_S = 60
"""Longest silence of a server."""

Advance = Callable[[int, int | None], None]

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class SourceError(Exception):
    """A source that doesn't give the archive; ``str()`` says why, in its own words."""


def download(url: str, partial: Path, pin: Pin, advance: Advance) -> None:
    """Complete ``partial`` from ``url``. What came stays there when the connection breaks.

    Raises:
        SourceError: no answer, an answer other than the file, or a file of another size.
        MachineError: the disk is full.
    """
    while True:
        before = _size(partial)
        try:
            _continue(url, partial, pin, advance)
        except (OSError, urllib3.exceptions.HTTPError) as error:  # what requests raises is an OSError
            # A line that broke is taken up again, as long as something new came over it.
            if _size(partial) <= before:
                raise SourceError(_words(error)) from error
        else:
            return


def _continue(url: str, partial: Path, pin: Pin, advance: Advance) -> None:
    start = _size(partial)
    if pin.size is not None and start > pin.size:
        partial.unlink()
        start = 0
    # Never compressed once more on the way: what is counted and hashed are the archive's own bytes.
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable and start:
            return  # nothing is missing, or it is another file: the hash tells
        if answer.status_code not in (requests.codes.ok, requests.codes.partial_content):
            raise SourceError(f"{answer.status_code} {answer.reason}".strip())
        begins, total = _place(answer, start)
        if pin.size is not None and total is not None and total != pin.size:
            raise SourceError(f"{total} bytes instead of {pin.size}")
        _write(answer, partial, begins, total or pin.size, advance)


def _place(answer: requests.Response, start: int) -> tuple[int, int | None]:
    """Where the answer's bytes belong, and how long the whole file is."""
    if answer.status_code == requests.codes.partial_content:
        told = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if told is None or int(told[1]) != start:
            raise SourceError("Content-Range: " + answer.headers.get("Content-Range", "—"))
        return start, None if told[2] == "*" else int(told[2])
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _write(
    answer: requests.Response, partial: Path, begins: int, total: int | None, advance: Advance
) -> None:
    done = begins
    with on_disk(partial):
        stream = partial.open("r+b" if begins else "wb")
    with stream:
        stream.seek(begins)
        stream.truncate()
        advance(done, total)
        for block in answer.raw.stream(BLOCK, decode_content=False):
            if total is not None and done + len(block) > total:
                raise SourceError(f"more than {total} bytes")
            with on_disk(partial):
                stream.write(block)
                stream.flush()
            done += len(block)
            advance(done, total)
    if total is not None and done < total:
        raise requests.ConnectionError(f"{done} of {total} bytes")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _words(error: BaseException) -> str:
    """The innermost reason: requests wraps the same sentence in three exceptions."""
    while True:
        inner = error.__cause__ or (error.args[0] if error.args else None)
        inner = getattr(error, "reason", None) or inner
        if not isinstance(inner, BaseException):
            break
        error = inner
    return re.sub(r"^<[^>]*>: ", "", str(error)) or type(error).__name__
