"""`nuage audit begin`: what vantage points are asked to measure, before `nuage audit collect`."""

from __future__ import annotations

import re
from pathlib import Path

import click

from provisioner import messages
from provisioner.cli.console import consortium_option

NONCE = re.compile(r"[0-9a-f]{64}")


@click.command(help=messages.text("audit-collect.help-begin"))
@consortium_option
@click.option(
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=messages.text("audit-collect.help-begin-output"),
)
@click.option("--nonce", metavar="HEX", help=messages.text("audit-collect.help-nonce"))
def command(folder: Path, output: Path, nonce: str | None) -> None:
    """Write the request; exit code 3 when the specs or the nonce aren't valid."""
    from provisioner import workflow
    from provisioner.audit.bundle import canonical
    from provisioner.audit.observing import beginning, requested
    from provisioner.errors import InvalidInputError
    from provisioner.files import write_atomic

    if nonce is not None and not NONCE.fullmatch(nonce):
        raise InvalidInputError("audit-collect.bad-nonce")
    prepared = workflow.prepare(folder)
    begun = beginning.begin(nonce)
    write_atomic(output, canonical.dumps(requested.document(begun, prepared.specs.consortium)))
    click.echo(messages.text("audit-collect.begun", path=output))
