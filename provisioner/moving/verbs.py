"""What the commands ask for: a move begun or gone on with, undone, or its old copy destroyed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from provisioner import chained, workflow
from provisioner.errors import NuageError, RefusedError
from provisioner.moving import carrying, deciding, notes
from provisioner.moving.carrying import Work
from provisioner.moving.evacuating import Leg
from provisioner.moving.notes import Note, Phase

RECORD = "moves.log.jsonl"
"""Beside the specs: how each ended, a line for each, which is never changed."""

Consent = Callable[[str], None]
"""Asks a person for a municipality's code, or raises."""


@dataclass(frozen=True)
class Done:
    """A move as it is noted now, and what was measured on the way."""

    note: Note
    figures: dict[str, object]


def move(work: Work, slug: str, target: str, ask: Consent) -> Done:
    """Have a municipality's applications at another server, from wherever an earlier run left it.

    Raises:
        NuageError: it is refused, or a step failed; the note says how far it is.
    """
    decided = deciding.decide(work.folder, slug, target)
    ask("move")
    note = decided.note
    with carrying.opened(work, decided.prepared, decided.host, note) as going:
        if not decided.resumed:
            carrying.check_room(going)
            # Before anything is changed anywhere.
            notes.put(work.folder, decided.host, note)
        try:
            ended = carrying.carry_out(work, decided.prepared, going)
        except NuageError as error:
            _record(work, decided.host, going.note, key=error.problems[0].key)
            raise
        found = dict(carrying.figures(going))
        _record(work, decided.host, ended, **found)
        return Done(ended, found)


def evacuate(work: Work, legs: Iterable[Leg]) -> tuple[list[Done], list[NuageError]]:
    """Each of them, one after the other; one that fails stops nobody else. Consent was given for all."""
    done: list[Done] = []
    failed: list[NuageError] = []
    for leg in legs:
        work.say("moving.leg", {"slug": leg.slug, "server": leg.target})
        try:
            done.append(move(work, leg.slug, leg.target, lambda what: None))
        except NuageError as error:
            failed.append(error)
            work.say("moving.leg-failed", {"slug": leg.slug})
    return done, failed


def back(work: Work, slug: str, code: str) -> Done:
    """The municipality at the source, as if nothing had begun.

    Raises:
        RefusedError: it works at the target already, or isn't on its way.
    """
    host, note = deciding.existing(work.folder, slug, code)
    with carrying.opened(work, workflow.prepare(work.folder), host, note) as going:
        carrying.undo(work, going)
        _record(work, host, going.note, undone=True)
        return Done(going.note, {})


def forget(work: Work, slug: str, code: str, ask: Consent) -> Done:
    """Destroy the old copy.

    Raises:
        RefusedError: the move isn't over, or nobody consented.
    """
    host, note = deciding.existing(work.folder, slug, code)
    if note.phase is not Phase.KEPT:
        raise RefusedError("moving.not-over", subject=slug, server=note.target)
    ask("forget")
    prepared = workflow.prepare(work.folder)
    carrying.destroy(work, prepared.specs.tenants[note.slug], note.source, only_closed=True)
    with carrying.opened(work, prepared, host, note) as going:
        going.target.ask("distrust", host, **going.words)
    notes.put(work.folder, host, None)
    _record(work, host, note, forgotten=True)
    return Done(note, {})


def _record(work: Work, host: str, note: Note, **words: object) -> None:
    entry = {"noted": notes.moment(), "event": "move", "host": host, "source": note.source}
    entry |= {"target": note.target, "phase": note.phase.value}
    chained.append(work.folder / RECORD, {**entry, **words})
