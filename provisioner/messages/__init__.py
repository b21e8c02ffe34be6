"""French and English catalogues.

A key is ``<area>.<name>``; its text is in ``<language>/<area>.toml`` under ``name``, with the same
``{placeholders}`` in both languages (tests/unit/messages checks it). Areas load when first used.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("fr", "en")


@cache
def catalogue(language: str, area: str) -> dict[str, str]:
    """All texts of one area, by name."""
    path = Path(__file__).parent / language / f"{area}.toml"
    with path.open("rb") as stream:
        return {str(name): str(text) for name, text in tomllib.load(stream).items()}


def language_from(argument: str | None, environ: Mapping[str, str]) -> str:
    """`--lang`, else the locale, else French."""
    if argument in LANGUAGES:
        return argument
    for variable in ("NUAGE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(variable, "")[:2].lower()
        if value in LANGUAGES:
            return value
    return "fr"


_current = language_from(None, os.environ)


def use(language: str) -> None:
    """Set the language of this process's messages."""
    global _current  # noqa: PLW0603  one process speaks one language
    _current = language


def current() -> str:
    """The language of this process's messages."""
    return _current


def text(key: str, /, **context: object) -> str:
    """The message ``key`` in the current language, its placeholders filled in."""
    area, _, name = key.partition(".")
    return catalogue(_current, area)[name].format(**context)


def has(key: str) -> bool:
    """Whether the catalogue has ``key``."""
    area, _, name = key.partition(".")
    return name in catalogue(_current, area)
