"""For who has a municipality's data: whether a server's answers to a possession challenge come from that data.

Not pure: reads the copy. The list of files must be the one that the server answered about, to the byte; a backup made
after the last change that the challenge counts (``before``), and restored with its times, has it.
"""

from __future__ import annotations

import bisect
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioner.audit.location.measurement import chained
from provisioner.audit.location.possession import BLOCK_BYTES, answer, chosen


@dataclass(frozen=True)
class Recomputed:
    """``same_files``: whether the copy has the files that the server listed; without that, nothing was compared."""

    same_files: bool
    files: int
    right: int = 0
    wrong: int = 0

    @property
    def holds(self) -> bool:
        """Whether every answer is of this data."""
        return self.same_files and self.right > 0 and self.wrong == 0


def recompute(document: Mapping[str, Any], folder: Path) -> Recomputed:
    """Compare a document's answers with a copy of the municipality's folder (`/srv/tenants/t<code>`).

    Raises:
        KeyError, ValueError, TypeError: the document isn't one.
        OSError: the copy can't be read.
    """
    listing = document["listing"]
    rounds = chained(document["rounds"])
    files = list(_files(folder, "", int(listing["before"])))
    digest = hashlib.sha256(b"".join(b"%d %s\0" % (size, os.fsencode(path)) for path, size in files))
    ends: list[int] = []
    for _, size in files:
        ends.append((ends[-1] if ends else 0) + -(-size // BLOCK_BYTES))
    if digest.hexdigest() != listing["digest"] or not ends or ends[-1] != listing["blocks"]:
        return Recomputed(False, len(files))
    right = 0
    for one in rounds:
        number = chosen(one.challenge, ends[-1])
        file = bisect.bisect_right(ends, number)
        with Path(folder, files[file][0]).open("rb") as stream:
            stream.seek((number - (ends[file - 1] if file else 0)) * BLOCK_BYTES)
            right += one.rest[0] == answer(one.challenge, stream.read(BLOCK_BYTES))
    return Recomputed(True, len(files), right, len(rounds) - right)


def _files(root: Path, under: str, before: int) -> Iterator[tuple[str, int]]:
    """As `audit_responder.py` lists them on the server."""
    with os.scandir(root / under) as found:
        entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
    for entry in entries:
        path = f"{under}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _files(root, f"{path}/", before)
        elif entry.is_file(follow_symlinks=False):
            status = entry.stat(follow_symlinks=False)
            if status.st_mtime < before and status.st_size:
                yield path, status.st_size
