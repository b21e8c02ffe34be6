"""`nuage schema`: the JSON Schema of a spec, for editors that complete and check while one types."""

from __future__ import annotations

import click

from provisioner import messages
from provisioner.spec import schema


@click.command(name="schema", help=messages.text("schema.help"))
@click.argument("spec", type=click.Choice(sorted(schema.SPECS)))
def command(spec: str) -> None:
    """`nuage schema consortium|tenant`."""
    click.echo(schema.text(spec), nl=False)
