"""Moves that aren't over, or whose old copy is still kept: a file beside the lock, replaced in one step.

A note is on disk before what it says is begun. Until ``switched`` the source is the truth and the target may be thrown
away; from then on it is the target, and the source never opens again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationError

from provisioner.errors import InvalidInputError
from provisioner.files import read_text, write_atomic
from provisioner.spec.types import Model

NAME = "moves.json"
"""Beside the specs."""


class Phase(StrEnum):
    """How far a move is."""

    PREPARING = "preparing"
    """The target is made ready; the source knows nothing of it."""
    COPYING = "copying"
    """Files go over while the municipality works."""
    CLOSING = "closing"
    """The source is closed, or is about to be."""
    SWITCHED = "switched"
    """The target has all of it and was tried."""
    KEPT = "kept"
    """The move is over; the old copy is kept, closed."""
    UNDOING = "undoing"
    """What was begun at the target is taken away, and the source opens."""


BEFORE_SWITCH = frozenset({Phase.PREPARING, Phase.COPYING, Phase.CLOSING})


class Note(Model):
    """One move of one inventory host."""

    slug: str
    source: str
    target: str
    phase: Phase
    begun: str
    """When, as ISO 8601."""
    changed: str
    """When it came to its phase."""
    stopped_s: float = 0
    """For how long nothing could be written, once that is over."""
    files: int = 0
    rows: int = 0


class Notes(Model):
    """By inventory host, such as `46005-apps`."""

    version: int = 1
    moves: dict[str, Note] = Field(default_factory=dict)

    def under_way(self) -> Mapping[str, Note]:
        """Those that aren't over."""
        return {host: note for host, note in self.moves.items() if note.phase is not Phase.KEPT}


def read(folder: Path) -> Notes:
    """What is noted in the folder; nothing where there is no file.

    Raises:
        InvalidInputError: the file isn't such notes.
    """
    path = folder / NAME
    if not path.exists():
        return Notes()
    try:
        return Notes.model_validate_json(read_text(path))
    except ValidationError as error:
        raise InvalidInputError("moving.notes-broken", file=str(path)) from error


def write(folder: Path, notes: Notes) -> None:
    """Replace them, on disk when this returns."""
    text = json.dumps(notes.model_dump(mode="json"), indent=2, sort_keys=True) + "\n"
    write_atomic(folder / NAME, text)


def put(folder: Path, host: str, note: Note | None) -> None:
    """One note, or none any more."""
    moves = {**read(folder).moves}
    moves.pop(host, None)
    if note is not None:
        moves[host] = note
    write(folder, Notes(moves=moves))


def moment() -> str:
    """Now, as it is noted."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
