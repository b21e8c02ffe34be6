"""Groups that import a subcommand's module only when it is asked for: start-up time is a feature."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """``modules`` maps a subcommand's name to a module of this package, which has it as `command`."""

    def __init__(self, *, modules: Mapping[str, str], **settings: Any) -> None:  # noqa: ANN401  click's own
        super().__init__(**settings)
        self.modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All subcommands, in alphabetical order."""
        return sorted(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The `command` object of the subcommand's module."""
        if cmd_name not in self.modules:
            return None
        module = importlib.import_module(f"provisioner.cli.{self.modules[cmd_name]}")
        command = module.command
        assert isinstance(command, click.Command)  # noqa: S101  the convention of this package
        return command
