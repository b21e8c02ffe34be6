"""Subcommands load when asked for; those of a group aren't commands of their own."""

from __future__ import annotations

import click
import pytest

from provisioner.cli import audit, main


def test_subcommands_of_a_group_are_not_commands():
    assert "audit" in main.COMMANDS
    assert not [name for name in main.COMMANDS if "_" in name or name == "lazy"]


@pytest.mark.parametrize("group", [main.build(), audit.command])
def test_every_subcommand_loads(group):
    context = click.Context(group)
    for name in group.list_commands(context):
        loaded = group.get_command(context, name)
        assert loaded is not None
