"""The steps of one move, in order, each of which may be asked again.

What says which of the two servers is the truth is the note (`notes`): it is written before the step that it names.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from provisioner.moving import notes
from provisioner.moving.door import Carried, Door, carry
from provisioner.moving.notes import Note, Phase
from provisioner.spec.tenant import Tenant

FULL, SINCE, LAST = 1, 2, 3
"""Numbers of the moments: all of it, what came meanwhile, and what came since."""

Say = Callable[[str, dict[str, object]], None]


@dataclass
class Move:
    """One municipality's applications, the doors to both servers, and what is told meanwhile."""

    folder: Path
    host: str
    tenant: Tenant
    note: Note
    source: Door
    target: Door
    say: Say
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> dict[str, object]:
        """What both servers are told of it."""
        names = [name for name in self.tenant.services.names if name != "identity"]
        return {"services": ",".join(names)}

    def come_to(self, phase: Phase, **changes: object) -> None:
        """Note it; from here on the next run knows."""
        now, before = notes.moment(), self.note.phase
        self.note = self.note.model_copy(update={"phase": phase, "changed": now, **changes})
        notes.put(self.folder, self.host, self.note)
        if phase is not before or phase is Phase.PREPARING:
            self.say(f"moving.step-{phase}", {"server": self.note.target, "source": self.note.source})


def first_passes(move: Move) -> None:
    """All files, and then what changed meanwhile: the municipality is at work."""
    began = time.monotonic()
    for door in (move.source, move.target):
        door.ask("discard", move.host, **move.words)
    for number, parent in ((FULL, 0), (SINCE, FULL)):
        move.source.ask("snapshot", move.host, n=number, **move.words)
        total = _send(move, number, parent)
        move.figures["bytes"] = move.figures.get("bytes", 0) + total
    for door in (move.source, move.target):
        door.ask("learn", move.host, n=SINCE, **move.words)
    move.figures["copying_s"] = round(time.monotonic() - began, 2)


def last_pass(move: Move) -> None:
    """What came since, with the databases, of a municipality that is closed; it works at the target, for nobody yet."""
    move.source.ask("close", move.host, to=move.note.target, **move.words)
    time_since(move, "closed_s")
    found = move.source.ask("last", move.host, n=LAST, **move.words)
    move.figures |= {"files": found["files"], "rows": sum(found["rows"].values())}
    time_since(move, "moment_s")
    move.figures["last_bytes"] = _send(move, LAST, SINCE)
    carry(move.source, move.target, Carried(move.host, "give", "take", move.words), lambda total: None)
    time_since(move, "sent_s")
    move.target.ask("arrive", move.host, n=LAST, **move.words)
    time_since(move, "arrived_s")


def _send(move: Move, number: int, parent: int) -> int:
    """One moment of the files, from server to server."""
    shown = [time.monotonic()]

    def progress(total: int) -> None:
        if time.monotonic() - shown[0] > 5:
            shown[0] = time.monotonic()
            if total >> 20:
                move.say("moving.sent", {"mib": total >> 20})

    given = {"parent": parent} if parent else {}
    words = {"n": number, **move.words}
    return carry(move.source, move.target, Carried(move.host, "send", "receive", words, given), progress)


def time_since(move: Move, name: str) -> None:
    """Seconds since the door was closed."""
    move.figures[name] = round(time.monotonic() - move.figures["since"], 2)
