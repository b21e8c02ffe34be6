"""The copy that is made first, as a person sees it; no command of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from provisioner import messages
from provisioner.errors import UsageError

if TYPE_CHECKING:
    from provisioner.deployment import Options
    from provisioner.execution.progress import Display
    from provisioner.report.run import Label

Command = TypeVar("Command", bound=Callable[..., Any])


def without_option(command: Command) -> Command:
    """`--without-backup CODE`: consent, by name, to going on without a copy; may be repeated."""
    return click.option(
        "--without-backup",
        "without",
        multiple=True,
        metavar="CODE",
        callback=_codes,
        help=messages.text("backup.help-without"),
    )(command)


def _codes(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> frozenset[str]:
    for code in given:
        if not (code.isascii() and code.isdigit() and len(code) == 5):
            raise UsageError("plan.bad-code", value=code)
    return frozenset(given)


def copy_first(
    folder: Path,
    options: Options,
    codes: Iterable[str],
    why: str,
    display: Display,
    label: Label,
    roles: tuple[str, ...] = ("apps", "identity"),
    hours: float = 0,
) -> None:
    """Have a copy of these municipalities, those with a keeper; who has none is said. One of these ``hours`` is enough.

    Raises:
        PartialFailureError: somebody has no copy; nothing may begin.
    """
    from provisioner import beforehand

    wanted = beforehand.wanted(folder, codes, roles)
    for host in sorted(wanted.bare):
        click.echo(messages.text("backup.before-bare", name=label(host)), err=True)
    if wanted.kept:
        minutes = int(hours * 60) or beforehand.YOUNG_MINUTES
        context = {"count": len(wanted.kept), "minutes": minutes}
        click.echo(messages.text("backup.before", **context), err=True)
        beforehand.take(folder, options, wanted.kept, why, display.handle, minutes)
