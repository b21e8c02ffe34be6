"""A web server on the loopback address that behaves as asked, and pins of what it serves."""

from __future__ import annotations

import hashlib
import http.server
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from provisioner.artifacts.cache import Cache
from provisioner.artifacts.model import Format, Pin

CONTENT = bytes(range(256)) * 4096
"""A mebibyte, in which no two places look alike at once."""


def pin_of(content: bytes = CONTENT, **changes: Any) -> Pin:
    known: dict[str, Any] = {
        "name": "app",
        "version": "1.2",
        "format": Format.TAR_GZ,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "licence": "MIT",
    }
    return Pin(**{**known, **changes})


@dataclass
class Shop:
    """What the server gives, and what it was asked."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    stops: list[int] = field(default_factory=list)
    """Bytes after which the line breaks, one answer after the other."""
    ranges: bool = True
    lengths: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Paths, and the ranges asked for."""


class Handler(http.server.BaseHTTPRequestHandler):
    shop: Shop

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        shop, wanted = self.shop, self.headers.get("Range", "")
        shop.asked.append((self.path, wanted))
        if self.path in shop.redirects:
            self.send_response(302)
            self.send_header("Location", shop.redirects[self.path])
            self.end_headers()
            return
        content = shop.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        found = re.fullmatch(r"bytes=(\d+)-", wanted) if shop.ranges else None
        start = int(found[1]) if found else 0
        if found and start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if found else 200)
        if found:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if shop.lengths:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        stop = shop.stops.pop(0) if shop.stops else len(content)
        self.wfile.write(content[start : start + stop])


@pytest.fixture
def shop() -> Iterator[Shop]:
    opened = Shop()
    handler = type("Own", (Handler,), {"shop": opened})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    opened.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield opened
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


class Log:
    """Everything that a fetch tells."""

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []
        self.bytes: list[tuple[int, int | None]] = []

    def begin(self, pin: Pin, source: str) -> None:
        self.told.append(("begin", pin.name, source))

    def advance(self, done: int, total: int | None) -> None:
        self.bytes.append((done, total))

    def waiting(self, pin: Pin) -> None:
        self.told.append(("waiting", pin.name))

    def failed(self, pin: Pin, source: str, detail: str) -> None:
        self.told.append(("failed", source, detail))

    def done(self, pin: Pin) -> None:
        self.told.append(("done", pin.name))


@pytest.fixture
def log() -> Log:
    return Log()
