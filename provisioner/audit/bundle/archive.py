"""A bundle as one tar: uncompressed ustar that holds nothing but names, sizes and contents, so one text for one bundle.

Owner, mode and time are always the same, and names are sorted. What differs from that is found with its offset: a byte
of a header that was changed is the one whose change back makes the header right again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from provisioner.audit.bundle import canonical, layout
from provisioner.audit.bundle.faults import ARCHIVE, Fault, difference

BLOCK = 512
END = bytes(2 * BLOCK)
CHECKSUM = slice(148, 156)
SUMMED = b" " * 8

Entry = tuple[str, int]
"""Name and size."""


def header(name: str, size: int) -> bytes:
    """The only header that a file of this name and size may have.

    Raises:
        ValueError: the name doesn't fit.
    """
    prefix, base = _split(name)
    block = b"".join(
        (
            base.encode("ascii").ljust(100, b"\0"),
            b"0000644\0" + b"0000000\0" * 2,
            b"%011o\0" % size + b"%011o\0" % 0,
            SUMMED + b"0" + bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2,
            prefix.encode("ascii").ljust(155, b"\0"),
            bytes(12),
        )
    )
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def written(files: Mapping[str, bytes]) -> Iterator[bytes]:
    """The tar of these files, piece by piece."""
    for name in sorted(files):
        yield header(name, len(files[name]))
        yield files[name]
        yield bytes(-len(files[name]) % BLOCK)
    yield END


class Contents(Mapping[str, bytes]):
    """The files of a tar, cut out of it when asked for."""

    def __init__(self, data: bytes, places: Mapping[str, tuple[int, int]]) -> None:
        self._data = data
        self._places = places

    def __getitem__(self, name: str) -> bytes:
        start, size = self._places[name]
        return self._data[start : start + size]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


@dataclass
class Reader:
    """One pass over a tar; `faults` are what isn't as `written` would have it."""

    data: bytes
    names: dict[int, Entry] = field(default_factory=dict)
    """The files by the offset of their header."""
    doubtful: dict[int, list[bytes]] = field(default_factory=dict)
    """Headers with one wrong byte by offset, and what they may have been."""
    faults: list[Fault] = field(default_factory=list)

    def read(self) -> Contents:
        """All files; their content is whatever was found."""
        at, end = 0, len(self.data) - len(END)
        while at != end:
            entry = self._entry(at)
            if entry is None:
                break
            at = _next(at, entry[1])
        else:
            self._compare(at, END)
        for start, headers in self.doubtful.items():
            self._settle(start, headers)
        previous = ""
        for start in sorted(self.names):
            name, size = self.names[start]
            if name <= previous:
                self.faults.append(Fault("archive-order", ARCHIVE, start, start + BLOCK, found=name))
            previous = name
            self._compare(start + BLOCK + size, bytes(-size % BLOCK))
        places = {name: (start + BLOCK, size) for start, (name, size) in self.names.items()}
        return Contents(self.data, dict(sorted(places.items())))

    def _entry(self, at: int) -> Entry | None:
        block = self.data[at : at + BLOCK]
        entry = _parsed(block)
        if entry is not None and _next(at, entry[1]) <= len(self.data) - len(END):
            self.names[at] = entry
            return entry
        headers = [one for one in _mended(block) if self._may_follow(_next(at, _certain(one)[1]))]
        if not headers:
            self.faults.append(Fault("archive-form", ARCHIVE, at, min(at + BLOCK, len(self.data))))
            return None
        # A greater size may swallow whole files and end at a header by chance; a smaller one ends amid JSON.
        nearest = min(_next(at, _certain(one)[1]) for one in headers)
        headers = [one for one in headers if _next(at, _certain(one)[1]) == nearest]
        self.doubtful[at] = headers
        return _certain(headers[0])

    def _may_follow(self, at: int) -> bool:
        end = len(self.data) - len(END)
        return at == end or (at < end and _parsed(self.data[at : at + BLOCK]) is not None)

    def _settle(self, at: int, headers: list[bytes]) -> None:
        """Choose, of the headers that one byte makes right, the one that the statements speak of."""
        known, present = self._known(), {name for name, _ in self.names.values()}
        fitting = [one for one in headers if self._fits(at, _certain(one), known, present)]
        chosen = [*fitting, *headers][0]
        self.names[at] = _certain(chosen)
        self._report(at, chosen)

    def _fits(self, at: int, entry: Entry, known: Mapping[str, str], present: set[str]) -> bool:
        name, size = entry
        content = self.data[at + BLOCK : at + BLOCK + size]
        if name in present:
            return False
        if name in known:
            return known[name] == hashlib.sha256(content).hexdigest()
        cosigner = layout.cosigner(name)
        named = cosigner is None or content.startswith(f"— {cosigner} ".encode())
        return layout.is_unsealed(name) and named and content.endswith(b"\n")

    def _known(self) -> dict[str, str]:
        """What the statements say, believed or not: this only tells where, never whether."""
        known: dict[str, str] = {}
        places = {name: (start + BLOCK, size) for start, (name, size) in self.names.items()}
        for name in layout.STATEMENTS:
            start, size = places.get(layout.statement(name), (0, 0))
            try:
                value = canonical.loads(self.data[start : start + size])
                known.update({one["name"]: one["digest"]["sha256"] for one in value["subject"]})
            except (ValueError, LookupError, TypeError):
                continue
        return known

    def _compare(self, at: int, expected: bytes) -> None:
        if self.data[at : at + len(expected)] != expected:
            self._report(at, expected)

    def _report(self, at: int, expected: bytes) -> None:
        """The first byte that isn't as expected, its offset counted from the beginning of the tar."""
        fault = difference(ARCHIVE, expected, self.data[at : at + len(expected)])
        if fault is not None and fault.offset is not None:
            offset = at + fault.offset
            self.faults.append(replace(fault, offset=offset, end=offset + 1))


def _parsed(block: bytes) -> Entry | None:
    """Name and size, if the block is exactly the header of these."""
    try:
        name = block[:100].rstrip(b"\0").decode("ascii")
        prefix = block[345:500].rstrip(b"\0").decode("ascii")
        size = int(block[124:135], 8)
        name = f"{prefix}/{name}" if prefix else name
        return (name, size) if header(name, size) == block else None
    except ValueError:
        return None


def _certain(block: bytes) -> Entry:
    entry = _parsed(block)
    if entry is None:
        raise ValueError("not a header")
    return entry


def _mended(block: bytes) -> list[bytes]:
    """The right headers that differ from ``block`` in exactly one byte."""
    if len(block) != BLOCK:
        return []
    total = sum(block[:148] + SUMMED + block[156:])
    candidates = [block[:148] + b"%06o\0 " % total + block[156:]]
    try:
        excess = total - int(block[148:154], 8)
    except ValueError:
        excess = 0
    for at, byte in enumerate(block):
        if not CHECKSUM.start <= at < CHECKSUM.stop and 0 <= byte - excess <= 255:
            candidates.append(block[:at] + bytes([byte - excess]) + block[at + 1 :])
    return [
        one
        for one in dict.fromkeys(candidates)
        if sum(a != b for a, b in zip(one, block, strict=True)) == 1 and _parsed(one) is not None
    ]


def _next(at: int, size: int) -> int:
    return at + BLOCK + size + -size % BLOCK


def _split(name: str) -> tuple[str, str]:
    """Prefix and base name; a prefix only where it is needed, and then the shortest."""
    if not name or not name.isascii() or "\0" in name:
        raise ValueError("not a name")
    if len(name) <= 100:
        return "", name
    at = name.find("/", len(name) - 101)
    if at <= 0 or at > 155 or at + 1 == len(name):
        raise ValueError("the name is too long")
    return name[:at], name[at + 1 :]
