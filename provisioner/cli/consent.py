"""Options by which a person consents by name to moves, removals and the loss of people; no command of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from provisioner import messages
from provisioner.errors import UsageError

if TYPE_CHECKING:
    from provisioner.planning.model import Consent

Command = TypeVar("Command", bound=Callable[..., Any])


def consent_options(command: Command) -> Command:
    """`--move SLUG=SERVER`, and `--consent-move`, `--consent-remove`, `--consent-people` CODE; each may be repeated."""
    for names, metavar, key in (
        (("--consent-people",), "CODE", "plan.help-consent-people"),
        (("--consent-remove",), "CODE", "plan.help-consent-remove"),
        (("--consent-move",), "CODE", "plan.help-consent-move"),
        (("--move", "moves"), "SLUG=SERVER", "plan.help-move"),
    ):
        command = click.option(*names, multiple=True, metavar=metavar, help=messages.text(key))(command)
    return command


def consent_from(
    moves: tuple[str, ...],
    consent_move: tuple[str, ...],
    consent_remove: tuple[str, ...],
    consent_people: tuple[str, ...],
) -> Consent:
    """The options' values as consent.

    Raises:
        UsageError: a move isn't SLUG=SERVER, a municipality is moved twice, or a code isn't five digits.
    """
    from provisioner.planning.model import Consent

    for code in (*consent_move, *consent_remove, *consent_people):
        if not (code.isascii() and code.isdigit() and len(code) == 5):
            raise UsageError("plan.bad-code", value=code)
    targets: dict[str, str] = {}
    for move in moves:
        slug, separator, server = move.partition("=")
        if not (slug and separator and server) or slug in targets:
            raise UsageError("plan.bad-move", value=move)
        targets[slug] = server
    return Consent.model_construct(
        moves=targets,
        move=frozenset(consent_move),
        remove=frozenset(consent_remove),
        people=frozenset(consent_people),
    )
