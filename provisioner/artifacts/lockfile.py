"""`artifacts.lock.yml`: the project's own pins, and a consortium's, which take their place one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from provisioner.artifacts.model import Pin, Pins
from provisioner.errors import InvalidInputError
from provisioner.files import locked, read_text, write_if_changed
from provisioner.inventory.tree import ansible_root
from provisioner.spec import document, translation

NAME = "artifacts.lock.yml"
"""File name: at the top of the project, and beside consortium.yml."""

_HEADER = (
    "# Written by nuage artifacts add: archives that this consortium pinned itself. They take the place of the\n"
    "# project's pins of the same names. Keep it under version control.\n"
)


def load(folder: Path | None) -> dict[str, Pin]:
    """The pins by name, the consortium's before the project's; ``folder`` need hold none.

    Raises:
        InvalidInputError: a lock isn't valid.
    """
    pins = {pin.name: pin for pin in read(ansible_root() / NAME)}
    if folder is not None and (folder / NAME).is_file():
        pins |= {pin.name: pin for pin in read(folder / NAME)}
    return dict(sorted(pins.items()))


def read(path: Path) -> tuple[Pin, ...]:
    """The pins of one file.

    Raises:
        InvalidInputError: it isn't YAML, or not a lock; every problem with its line.
    """
    source = document.read(read_text(path).encode(), str(path))
    try:
        return Pins.model_validate(source.value or {}).artifacts
    except ValidationError as error:
        raise InvalidInputError.of(translation.problems(error, source, Pins)) from error


def write(folder: Path, pins: Iterable[Pin]) -> Path:
    """Add ``pins`` to the consortium's own, each in the place of one of the same name.

    Raises:
        InvalidInputError: the present lock isn't valid.
        LockedError: another run works in the folder.
    """
    path = folder / NAME
    with locked(folder):
        held = {pin.name: pin for pin in read(path)} if path.is_file() else {}
        held |= {pin.name: pin for pin in pins}
        write_if_changed(path, render(held))
    return path


def render(pins: Mapping[str, Pin]) -> str:
    """The text of a consortium's lock; the same pins give the same bytes."""
    if not pins:
        return f"{_HEADER}version: 1\nartifacts: []\n"
    lines = [_HEADER, "version: 1\n", "artifacts:\n"]
    for _, pin in sorted(pins.items()):
        fields = pin.model_dump(mode="json", exclude_defaults=True) | {"sha256": pin.sha256, "size": pin.size}
        start = "  - "
        for name in Pin.model_fields:
            if name in fields:
                lines.append(f"{start}{name}: {json.dumps(fields[name], ensure_ascii=False)}\n")
                start = "    "
    return "".join(lines)
