"""What is wrong with a bundle, and where exactly: a byte, a range of bytes, or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.audit.bundle.canonical import first_difference

ARCHIVE = "(tar)"
"""Path of what lies between the files of a tar; its offsets count from the tar's first byte."""


@dataclass(frozen=True)
class Fault:
    """One fault. ``key`` names a text of the catalogue `audit-faults`.

    ``offset`` and ``end`` are bytes of ``path``, the end not included; both None when the whole file is meant.
    ``expected`` and ``found`` are shown as they are: a byte as `0x41`, else a name, a hash or a verdict.
    """

    key: str
    path: str
    offset: int | None = None
    end: int | None = None
    expected: str = ""
    found: str = ""

    def as_json(self) -> dict[str, Any]:
        """Its fields, the empty ones left out."""
        return {name: value for name, value in vars(self).items() if value not in (None, "")}


def changed_byte(path: str, offset: int, expected: bytes, found: bytes) -> Fault:
    """The byte at ``offset`` isn't what it was; nothing on one side means that the file ends there."""
    return Fault("byte-changed", path, offset, offset + 1, _shown(expected, offset), _shown(found, offset))


def difference(path: str, expected: bytes, found: bytes) -> Fault | None:
    """The first byte that differs, if any does."""
    offset = first_difference(expected, found)
    return None if offset is None else changed_byte(path, offset, expected, found)


def in_signed_field(path: str, template: bytes, hole: Sequence[int], found: bytes) -> Fault:
    """Where a signature's file went wrong, when all of it is known but the signature itself.

    ``template`` is the file with any signature in it; ``hole`` are the ascending offsets of that signature's
    characters. The fault is the first byte outside that isn't as it must be, else the range of the signature.
    """
    masked = bytearray(found)
    for offset in hole:
        if offset < len(masked):
            masked[offset] = template[offset]
    outside = difference(path, template, bytes(masked))
    if outside is None:
        return Fault("signature-changed", path, hole[0], hole[-1] + 1)
    return outside


def _shown(data: bytes, offset: int) -> str:
    return f"0x{data[offset]:02x}" if offset < len(data) else "-"
