"""What each document must look like to be judged at all. Further fields change nothing; missing ones do.

A shape is a type, None, a predicate, a set of words, a list of one shape, a tuple of alternatives, or a mapping
from field to shape (``name?`` may be absent; the key ``str`` stands for any name).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.:/-]{0,252})")
_WORD = re.compile(r"[^\x00-\x1f?]{1,300}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def host(value: Any) -> bool:  # noqa: ANN401  any JSON
    """A name, an address or a network; `?` is how an observer says that it couldn't tell."""
    return isinstance(value, str) and (_HOST.fullmatch(value) is not None or address(value))


def word(value: Any) -> bool:  # noqa: ANN401  any JSON
    """A text that says something."""
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def address(value: Any) -> bool:  # noqa: ANN401  any JSON
    """An IP address."""
    return isinstance(value, str) and _is_address(value)


def network(value: Any) -> bool:  # noqa: ANN401  any JSON
    """An IP address or network."""
    return isinstance(value, str) and _is_network(value)


def moment(value: Any) -> bool:  # noqa: ANN401  any JSON
    """An instant in UTC, as RFC 3339 has it."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def day(value: Any) -> bool:  # noqa: ANN401  any JSON
    """A date, as RFC 3339 has it."""
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def count(value: Any) -> bool:  # noqa: ANN401  any JSON
    """A whole number that isn't negative."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def number(value: Any) -> bool:  # noqa: ANN401  any JSON
    """A finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


def fingerprint(value: Any) -> bool:  # noqa: ANN401  any JSON
    """The SHA-256 of a public key, as OpenSSH shows it."""
    return isinstance(value, str) and _FINGERPRINT.fullmatch(value) is not None


@lru_cache(4096)
def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(4096)
def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def misfit(value: Any, shape: Any, where: str = "") -> str | None:  # noqa: ANN401, PLR0911  any JSON, any shape
    """The first place where ``value`` hasn't ``shape`` (`servers[0].site`, or `.` for all of it); None if it fits."""
    if isinstance(shape, tuple):
        fits = any(misfit(value, one, where) is None for one in shape)
        return None if fits else where or "."
    if isinstance(shape, list):
        if not isinstance(value, list):
            return where or "."
        found = (misfit(item, shape[0], f"{where}[{number}]") for number, item in enumerate(value))
        return next((one for one in found if one), None)
    if isinstance(shape, Mapping):
        return _fields(value, shape, where)
    if isinstance(shape, frozenset):
        return None if isinstance(value, str) and value in shape else where or "."
    if shape is None:
        return None if value is None else where or "."
    if isinstance(shape, type):
        return None if type(value) is shape else where or "."
    return None if shape(value) else where or "."


def _fields(value: Any, shape: Mapping[Any, Any], where: str) -> str | None:  # noqa: ANN401  any JSON
    if not isinstance(value, dict):
        return where or "."
    for name, inner in shape.items():
        if name is str:
            found = (misfit(one, inner, f"{where}.{key}".lstrip(".")) for key, one in value.items())
            first = next((one for one in found if one), None)
            if first:
                return first
            continue
        field = name.removesuffix("?")
        place = f"{where}.{field}".lstrip(".")
        if field not in value:
            if name == field:
                return place
            continue
        first = misfit(value[field], inner, place)
        if first:
            return first
    return None
