"""`nuage audit controls`: what an audit checks, and why."""

from __future__ import annotations

import json

import click

from provisioner import messages
from provisioner.audit.controls.catalogue import CONTROLS
from provisioner.cli.console import json_option
from provisioner.report import controls


@click.command(name="controls", help=messages.text("audit-controls.help"))
@json_option
def command(as_json: bool) -> None:
    """A Markdown table, or keys for programs."""
    if as_json:
        click.echo(json.dumps([controls.as_json(one) for one in CONTROLS], indent=2))
        return
    click.echo(controls.table(), nl=False)
