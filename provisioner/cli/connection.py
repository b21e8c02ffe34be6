"""Options of the commands that reach servers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from provisioner import messages

Command = TypeVar("Command", bound=Callable[..., Any])


def key_option(command: Command) -> Command:
    """`--private-key FILE`: else the SSH agent and its configuration."""
    return click.option(
        "--private-key",
        type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
        envvar="ANSIBLE_PRIVATE_KEY_FILE",
        help=messages.text("apply.help-key"),
    )(command)


def only_option(command: Command) -> Command:
    """`--only NAME,NAME`: municipalities by code or slug."""
    return click.option("--only", default="", metavar="NAME,…", help=messages.text("apply.help-limit"))(
        command
    )


def names(only: str) -> tuple[str, ...]:
    """The names in an `--only` argument."""
    return tuple(part.strip() for part in only.split(",") if part.strip())
