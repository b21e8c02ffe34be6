"""One way of writing a value down, so that its digest is the same on any machine."""

from __future__ import annotations

import hashlib
import json
from datetime import date

from pydantic import BaseModel


def canonical(value: object) -> str:
    """JSON text with sorted keys and sorted sets.

    Raises:
        TypeError: the value holds something that has no canonical form.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def digest(value: object) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
