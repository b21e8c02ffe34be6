"""Entry point: chooses the language, loads the one subcommand asked for, renders errors, exits."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from provisioner import __version__, messages
from provisioner.cli import console
from provisioner.cli.lazy import LazyGroup
from provisioner.errors import NuageError

_HELPERS = {"__init__", "beforehand", "main", "connection", "console", "consent", "lazy"}
COMMANDS = tuple(
    sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in _HELPERS and "_" not in p.stem)
)
"""`audit_verify.py` is a subcommand of `audit.py`."""


def _language_argument(arguments: list[str]) -> str | None:
    for position, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
        if argument == "--lang" and position + 1 < len(arguments):
            return arguments[position + 1]
    return None


def build() -> click.Group:
    """The root command, its help in the current language."""
    return LazyGroup(
        name="nuage",
        modules={name: name for name in COMMANDS},
        help=messages.text("cli.help"),
        params=[
            click.Option(
                ["--lang"], type=click.Choice(messages.LANGUAGES), help=messages.text("cli.help-lang")
            ),
            click.Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_print_version,
                help=messages.text("cli.help-version"),
            ),
        ],
        context_settings={"help_option_names": ["-h", "--help"]},
        callback=lambda lang: None,
    )


def _print_version(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo(f"nuage {__version__}")
        ctx.exit()


def run() -> None:
    """Console script `nuage`. Exit codes: docs/en/codes.md."""
    arguments = sys.argv[1:]
    messages.use(messages.language_from(_language_argument(arguments), os.environ))
    try:
        sys.exit(build().main(args=arguments, standalone_mode=False) or 0)
    except NuageError as error:
        console.show_problems(error.problems)
        sys.exit(error.exit_code)
    except click.UsageError as error:
        console.show_usage_error(error)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo(messages.text("cli.interrupted"), err=True)
        sys.exit(130)
