"""`nuage audit publish`: the transparency site of a consortium's audits."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner import messages


@click.command(name="publish", help=messages.text("audit-site.help"))
@click.argument("bundles", metavar="BUNDLE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help=messages.text("audit-site.help-output"),
)
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=messages.text("audit-site.help-key"),
)
@click.option("--without-bundles", is_flag=True, help=messages.text("audit-site.help-without-bundles"))
def command(bundles: tuple[Path, ...], output: Path, key: Path | None, without_bundles: bool) -> None:
    """Write the site."""
    from provisioner.audit.bundle import keys
    from provisioner.audit.publishing.writing import publish

    known = keys.public(key) if key else None
    count = publish(bundles, output, with_bundles=not without_bundles, keys=known)
    click.echo(messages.text("audit-site.written", count=count, path=output))
