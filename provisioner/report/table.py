"""Plain aligned tables, as wide as their content."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width

_UNSHOWN = dict.fromkeys(
    (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "�"
)


def printable(text: str) -> str:
    """``text`` on one line, without what moves a terminal's cursor or turns its writing around.

    What a server says of a failure may hold words of a municipality's own programs.
    """
    return text.expandtabs().translate(_UNSHOWN)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def grid(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns separated by two spaces under their headers; the last one isn't padded."""
    cells = [[printable(cell) for cell in row] for row in rows]
    lines = [list(headers), ["-" * _width(header) for header in headers], *cells]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(headers))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )
