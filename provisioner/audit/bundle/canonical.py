"""Canonical JSON: one text for one value, so that hashes can be compared and a changed byte located."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


def dumps(value: Any) -> bytes:  # noqa: ANN401  any JSON
    """UTF-8, keys sorted, no spaces, one line feed at the end.

    Raises:
        ValueError: a number that isn't finite.
        TypeError: a value that JSON doesn't have.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.encode() + b"\n"


def loads(data: bytes) -> Any:  # noqa: ANN401  any JSON
    """The value of a JSON text.

    Raises:
        ValueError: not UTF-8, not JSON, a key twice in one object, or NaN or an infinity.
    """
    try:
        return json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def is_canonical(data: bytes) -> bool:
    """Whether ``data`` is what `dumps` writes for its value."""
    try:
        return dumps(loads(data)) == data
    except ValueError:
        return False


def first_difference(expected: bytes, found: bytes) -> int | None:
    """Offset of the first byte that differs; the shorter length where one begins the other; None if equal."""
    if expected == found:
        return None
    shared = min(len(expected), len(found))
    low, high = 0, shared
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if expected[:middle] == found[:middle] else (low, middle - 1)
    return low


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return value


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")
