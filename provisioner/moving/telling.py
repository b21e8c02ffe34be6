"""Moves in words, for whoever plans or looks."""

from __future__ import annotations

from pathlib import Path

from provisioner import messages
from provisioner.moving import notes
from provisioner.moving.notes import Phase


def notices(folder: Path) -> list[str]:
    """A line for each move that isn't over, and for each old copy that is kept."""
    lines = []
    for note in (note for _, note in sorted(notes.read(folder).moves.items())):
        key = "kept" if note.phase is Phase.KEPT else "under-way"
        context = {"slug": note.slug, "source": note.source, "server": note.target, "phase": note.phase.value}
        lines.append(messages.text(f"moving.caution-{key}", **context))
    return lines
