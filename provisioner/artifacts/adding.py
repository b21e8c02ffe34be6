"""An archive that a consortium supplies: what it is, and the pin that says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from provisioner.artifacts.cache import digest_of
from provisioner.artifacts.model import Format, Pin
from provisioner.errors import InvalidInputError

MAGIC = {b"PK\x03\x04": Format.ZIP, b"\x1f\x8b": Format.TAR_GZ, b"BZh": Format.TAR_BZ2}
_ENDING = re.compile(r"\.(zip|tar\.gz|tgz|tar\.bz2|tbz2?)$")
_PARTS = re.compile(r"(?P<name>.+?)[-_.]v?(?P<version>[0-9][A-Za-z0-9.+_-]*)")


@dataclass(frozen=True)
class Told:
    """What a person said of the file; what is empty is taken from its name, then from the project's pin."""

    name: str = ""
    version: str = ""
    licence: str = ""


def pin_of(file: Path, told: Told, pins: Mapping[str, Pin]) -> Pin:
    """The consortium's own pin of ``file``: its own hash and size, whatever the project's pin says.

    Raises:
        InvalidInputError: it is no archive, or nothing of that name is used here, or its version isn't told.
    """
    if not file.is_file():
        raise InvalidInputError("artifacts.no-file", file=str(file))
    kind = format_of(file)
    named = _PARTS.fullmatch(_ENDING.sub("", file.name))
    name = told.name or (named["name"] if named else "")
    if name not in pins:
        raise InvalidInputError(
            "artifacts.unknown-name", file=str(file), value=name or "?", names=", ".join(pins)
        )
    version = told.version or (named["version"] if named else "")
    if not version:
        raise InvalidInputError("artifacts.no-version", file=str(file), name=name)
    known = pins[name]
    try:
        return Pin(
            name=name,
            version=version,
            format=kind,
            sha256=digest_of(file),
            size=file.stat().st_size,
            licence=told.licence or known.licence,
            provenance="consortium",
        )
    except ValidationError as error:
        raise InvalidInputError("artifacts.no-version", file=str(file), name=name) from error


def format_of(file: Path) -> Format:
    """How a file is packed, from its first bytes: names lie.

    Raises:
        InvalidInputError: in none of the ways that servers can unpack.
    """
    with file.open("rb") as stream:
        start = stream.read(4)
    for magic, kind in MAGIC.items():
        if start.startswith(magic):
            return kind
    raise InvalidInputError("artifacts.not-an-archive", file=str(file))
