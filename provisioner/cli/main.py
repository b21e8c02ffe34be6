"""Entry point: chooses the language, loads the one subcommand asked for, renders errors, exits."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import click

from provisioner import __version__, messages
from provisioner.cli import console
from provisioner.errors import NuageError

_HELPERS = {"__init__", "main", "connection", "console", "consent"}
COMMANDS = tuple(sorted(p.stem for p in Path(__file__).parent.glob("*.py") if p.stem not in _HELPERS))


class LazyGroup(click.Group):
    """Imports `provisioner.cli.<name>` only when `<name>` is asked for: start-up time is a feature."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All subcommands, in alphabetical order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The `command` object of the subcommand's module."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"provisioner.cli.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)  # noqa: S101  the convention of this package
        return command


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
