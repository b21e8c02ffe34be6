"""Whether a municipality may go where somebody wants it, and which plan has it there. Reads; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from provisioner import workflow
from provisioner.errors import Problem, RefusedError
from provisioner.moving import notes
from provisioner.moving.notes import BEFORE_SWITCH, Note, Phase
from provisioner.planning.model import Consent, Move
from provisioner.rebuilding.choosing import demand_here
from provisioner.spec.consortium import ServerRole
from provisioner.workflow import Prepared


@dataclass(frozen=True)
class Decided:
    """One move that may be carried out, or go on: ``prepared`` is the plan with the municipality at the target."""

    host: str
    note: Note
    prepared: Prepared
    resumed: bool


def decide(folder: Path, slug: str, target: str) -> Decided:
    """What `nuage move SLUG SERVER` does.

    Raises:
        RefusedError: it may not go there, is being moved elsewhere, or something else is to be done first.
    """
    found = workflow.prepare(folder)
    code = found.specs.tenants[slug].code
    host = f"{code}-{ServerRole.APPS}"
    before = notes.read(folder).moves.get(host)
    if before is not None:
        return _resumed(folder, host, before, target)
    demand_here(found, [host])
    _refuse_constraints(found, slug, target)
    prepared = workflow.prepare(folder, consent(slug, code, target))
    workflow.refuse(prepared.plan)
    moves = [action for action in prepared.plan.actions if isinstance(action, Move)]
    if not moves:
        raise RefusedError("moving.there-already", subject=slug, server=target)
    if len(prepared.plan.actions) > len(moves):
        others = sorted({action.slug for action in prepared.plan.actions if not isinstance(action, Move)})
        raise RefusedError("moving.apply-first", subject=slug, others=", ".join(others))
    (move,) = moves
    now = notes.moment()
    note = Note(slug=slug, source=move.source, target=target, phase=Phase.PREPARING, begun=now, changed=now)
    return Decided(move.host, note, prepared, resumed=False)


def consent(slug: str, code: str, target: str) -> Consent:
    """A person's, who named the municipality."""
    return Consent(moves={slug: target}, move=frozenset({code}), parts=frozenset({ServerRole.APPS.value}))


def _resumed(folder: Path, host: str, note: Note, target: str) -> Decided:
    if note.phase is Phase.KEPT:
        raise RefusedError("moving.old-copy", subject=note.slug, server=note.source)
    if note.phase is Phase.UNDOING:
        raise RefusedError("moving.undoing", subject=note.slug, server=note.target)
    if note.target != target:
        raise RefusedError("moving.elsewhere", subject=note.slug, server=note.target)
    # Once it has switched, the lock may say so already.
    asked = consent(note.slug, host[:5], target) if note.phase in BEFORE_SWITCH else None
    return Decided(host, note, workflow.prepare(folder, asked), resumed=True)


def _refuse_constraints(found: Prepared, slug: str, target: str) -> None:
    placement = found.specs.tenants[slug].placement
    if (placement.only and target not in placement.only) or target in placement.avoid:
        raise RefusedError("moving.constraint", subject=slug, server=target)


def existing(folder: Path, slug: str, code: str) -> tuple[str, Note]:
    """The move of a municipality that is noted, over or not.

    Raises:
        RefusedError: none is.
    """
    for host, note in notes.read(folder).moves.items():
        if host[:5] == code:
            return host, note
    raise RefusedError("moving.none", subject=slug)


def refuse_under_way(folder: Path) -> None:
    """Stop what would deploy a municipality that is on its way.

    Raises:
        RefusedError: every move that isn't over, and how to end it.
    """
    found = notes.read(folder).under_way()
    if found:
        raise RefusedError.of([problem(note) for _, note in sorted(found.items())])


def problem(note: Note) -> Problem:
    """A move that isn't over, as a problem that the console shows."""
    context: dict[str, object] = {"slug": note.slug, "server": note.target, "phase": note.phase.value}
    key = "moving.under-way" if note.phase in BEFORE_SWITCH else f"moving.under-way-{note.phase.value}"
    return Problem(key, subject=note.slug, context=context)
