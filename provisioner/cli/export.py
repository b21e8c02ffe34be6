"""`nuage export`: everything of a municipality, in open formats, with checksums."""

from __future__ import annotations

import json
from pathlib import Path

import click

from provisioner import messages
from provisioner.cli.connection import key_option
from provisioner.cli.console import consortium_option, json_option

MIB = 1024**2


@click.command(name="export", help=messages.text("export.help"))
@click.argument("name", metavar="SLUG")
@click.option(
    "--to",
    "target",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help=messages.text("export.help-to"),
)
@click.option("--plain", is_flag=True, help=messages.text("export.help-plain"))
@consortium_option
@key_option
@json_option
def command(
    folder: Path, name: str, target: Path | None, plain: bool, private_key: Path | None, as_json: bool
) -> None:
    """Export: exit code 4 when the folder isn't free, 5 when the disk is full, 6 or 8 when a server doesn't give it."""
    from rich.console import Console

    from provisioner import deployment, workflow
    from provisioner.execution.progress import Display
    from provisioner.leaving import exporting
    from provisioner.report.run import labels

    label = labels(workflow.prepare(folder).specs.tenants)
    with Display(Console(stderr=True), label) as display:
        watch = exporting.Watch(display.handle, lambda brought, needed: None)
        done = exporting.export(folder, name, target, deployment.Options(private_key), watch, plain=plain)
    figures = {"files": done.files, "bytes": done.size, "paused": done.paused, "fetched": done.fetched}
    figures["seconds"] = done.seconds
    if as_json:
        click.echo(json.dumps({**figures, "folder": str(done.where), "manifest": done.digest}, indent=2))
        return
    context = {"files": done.files, "size": f"{done.size / MIB:.1f}", "paused": f"{done.paused:.2f}"}
    click.echo(messages.text("export.done", folder=done.where, **context))
    click.echo(messages.text("export.digest", digest=done.digest))
    if done.encrypted:
        click.echo(messages.text("export.encrypted", file=done.encrypted, name=done.encrypted.name))
    else:
        click.echo(messages.text("export.readable"))
