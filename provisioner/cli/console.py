"""What every command shares: options, and the rendering of problems on standard error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from provisioner import messages
from provisioner.errors import Problem

Command = TypeVar("Command", bound=Callable[..., Any])


def consortium_option(command: Command) -> Command:
    """`-C/--consortium FOLDER`: the folder that holds consortium.yml; the current folder by default."""
    return click.option(
        "-C",
        "--consortium",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path(),
        envvar="NUAGE_CONSORTIUM",
        help=messages.text("cli.help-consortium"),
    )(command)


def json_option(command: Command) -> Command:
    """`--json`: keys for programs, never prose."""
    return click.option("--json", "as_json", is_flag=True, help=messages.text("cli.help-json"))(command)


def show_problems(problems: Sequence[Problem]) -> None:
    """Every problem on standard error: where, what, and how to mend it."""
    for problem in problems:
        place = problem.file + (f":{problem.line}" if problem.line else "")
        where = "  ".join(part for part in (place, problem.subject) if part)
        context = {"file": problem.file, "line": problem.line, "subject": problem.subject, **problem.context}
        if where:
            click.echo(click.style(where, bold=True), err=True)
        click.echo(("  " if where else "") + messages.text(problem.key, **context), err=True)
        if messages.has(f"{problem.key}.fix"):
            click.echo("  → " + messages.text(f"{problem.key}.fix", **context), err=True)
    if len(problems) > 1:
        click.echo(messages.text("cli.problem-count", count=len(problems)), err=True)


def show_usage_error(error: click.UsageError) -> None:
    """A click usage error in the current language."""
    parameter = getattr(error, "option_name", None) or (
        error.param.get_error_hint(error.ctx)
        if isinstance(error, click.BadParameter) and error.param and error.ctx
        else ""
    )
    key = {
        click.NoSuchOption: "cli.no-such-option",
        click.MissingParameter: "cli.missing-parameter",
        click.BadParameter: "cli.bad-parameter",
    }.get(type(error), "cli.usage")
    click.echo(messages.text(key, parameter=parameter, detail=error.format_message()), err=True)
    if error.ctx is not None:
        click.echo(messages.text("cli.try-help", command=error.ctx.command_path), err=True)
