"""`nuage validate`: check every spec of a consortium, alone and together."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from provisioner import folder as folders
from provisioner import messages
from provisioner.cli.console import consortium_option, json_option
from provisioner.errors import InvalidInputError


@click.command(name="validate", help=messages.text("validate.help"))
@consortium_option
@json_option
@click.pass_context
def command(ctx: click.Context, folder: Path, as_json: bool) -> None:
    """`nuage validate [--json]`: exit code 3 when anything is invalid."""
    try:
        loaded = folders.load(folder)
    except InvalidInputError as error:
        if not as_json:
            raise
        click.echo(_report([asdict(problem) for problem in error.problems]))
        ctx.exit(error.exit_code)
    if as_json:
        click.echo(_report([], tenants=len(loaded.tenants), servers=len(loaded.consortium.servers)))
        return
    click.echo(
        messages.text(
            "validate.valid",
            name=loaded.consortium.name,
            tenants=len(loaded.tenants),
            servers=len(loaded.consortium.servers),
        )
    )
    if not any("backup" in server.roles for server in loaded.consortium.servers):
        click.echo(messages.text("validate.nothing-kept"))


def _report(problems: list[dict[str, object]], **counts: int) -> str:
    return json.dumps({"valid": not problems, **counts, "problems": problems}, ensure_ascii=False, indent=2)
