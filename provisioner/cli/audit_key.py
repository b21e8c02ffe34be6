"""`nuage audit key`: make the key that seals bundles of evidence, or cosigns their log."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner import messages
from provisioner.audit.bundle import keys


@click.command(name="key", help=messages.text("audit-key.help"))
@click.argument("file", type=click.Path(path_type=Path))
def command(file: Path) -> None:
    """Print the public key, which is what others need."""
    line = keys.generate(file)
    click.echo(messages.text("audit-key.made", path=file))
    click.echo(line)
