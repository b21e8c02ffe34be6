# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is held, to the control machine: a line of JSON for each file, its bytes in pieces, a line with its digest.

A piece is its length in four bytes, and that many bytes; a length of nothing ends them. The digest is of the whole
file, also where the bytes begin in the middle of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys

import held
from settings import BackupError

PIECE = 1 << 20


def catalogue(name):
    """Every file's name in the export, its size and its mark, a line of JSON each; the first names the moment."""
    place = held.folder(name)
    held.demand(name, held.run_of(name))
    sys.stdout.write(json.dumps({"run": held.run_of(name)}) + "\n")
    with (place / "catalogue.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            item = json.loads(line)
            item.pop("source")
            sys.stdout.write(json.dumps(item, ensure_ascii=True) + "\n")


def _sources(name):
    with (held.folder(name) / "catalogue.jsonl").open(encoding="utf-8") as lines:
        return {item["name"]: item for item in map(json.loads, lines)}


def _line(out, value):
    out.write(json.dumps(value, ensure_ascii=True).encode() + b"\n")


def one(out, item, offset):
    """A file from ``offset`` on."""
    _line(out, {"name": item["name"], "offset": offset})
    total, size = hashlib.sha256(), 0
    path = os.fsdecode(item["source"].encode("utf-8", "surrogateescape"))
    with open(
        path, "rb", buffering=0, opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW)
    ) as stream:
        while piece := stream.read(PIECE):
            total.update(piece)
            left = max(0, offset - size)
            size += len(piece)
            if left < len(piece):
                out.write((len(piece) - left).to_bytes(4, "big"))
                out.write(memoryview(piece)[left:] if left else piece)
    out.write(bytes(4))
    _line(out, {"sha256": total.hexdigest(), "size": size})


def send(name, asked):
    """The files of ``asked``: {"run": …, "files": [[name, offset], …]}."""
    held.demand(name, asked["run"])
    sources = _sources(name)
    out = sys.stdout.buffer
    for wanted, offset in asked["files"]:
        if wanted not in sources:
            raise BackupError("export.failed", f"no file {wanted}")
        one(out, sources[wanted], offset)
    out.flush()
