"""`nuage audit report`: what a bundle says, for a council or for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner import messages

FORMATS = ("html", "pdf", "csv", "oscal", "cyclonedx")


@click.command(name="report", help=messages.text("audit-report.help"))
@click.argument("bundle", metavar="BUNDLE", type=click.Path(path_type=Path))
@click.option(
    "--language",
    type=click.Choice(messages.LANGUAGES),
    default="fr",
    help=messages.text("audit-report.help-language"),
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    default="html",
    help=messages.text("audit-report.help-format"),
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help=messages.text("audit-report.help-output"),
)
@click.option("--previous", type=click.Path(path_type=Path), help=messages.text("audit-report.help-previous"))
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=messages.text("audit-report.help-key"),
)
@click.option("--only", metavar="CODE", multiple=True, help=messages.text("audit-report.help-only"))
def command(
    bundle: Path,
    language: str,
    kind: str,
    output: Path,
    previous: Path | None,
    key: Path | None,
    only: tuple[str, ...],
) -> None:
    """Write one report."""
    from provisioner.audit.bundle import keys
    from provisioner.audit.exporting import writing
    from provisioner.audit.exporting.opening import dossier

    known = keys.public(key) if key else None
    before = dossier(previous, known) if previous else None
    files = writing.files(dossier(bundle, known), kind, language, before, only)
    for path in writing.write(files, output):
        click.echo(messages.text("audit-report.written", path=path))
