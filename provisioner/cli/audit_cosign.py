"""`nuage audit cosign`: another municipality vouches that the log of audits only grew."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner import messages
from provisioner.audit.bundle import cosigning, keys

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(name="cosign", help=messages.text("audit-cosign.help"))
@click.argument("bundle", type=click.Path(exists=True, path_type=Path))
@click.option("--name", required=True, help=messages.text("audit-cosign.help-name"))
@click.option("--key", type=FILE, required=True, help=messages.text("audit-cosign.help-key"))
@click.option("--ops-key", type=FILE, required=True, help=messages.text("audit-cosign.help-ops-key"))
@click.option(
    "--memory",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help=messages.text("audit-cosign.help-memory"),
)
def command(bundle: Path, name: str, key: Path, ops_key: Path, memory: Path) -> None:
    """Exit code 9 when the bundle isn't valid or the log was rewritten."""
    from provisioner.audit.controls.judge import judge_all

    first = not memory.exists()
    cosigner = cosigning.Cosigner(name, keys.private(key), keys.public(ops_key), memory, judge_all)
    checkpoint = cosigner.cosign(bundle)
    if first:
        click.echo(messages.text("audit-cosign.first", path=memory))
    click.echo(
        messages.text("audit-cosign.done", name=name, size=checkpoint.size, root=checkpoint.root.hex())
    )
