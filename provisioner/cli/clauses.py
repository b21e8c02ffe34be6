"""`nuage clauses`: the sovereignty annex of a call for tenders or a contract, from the policy that audits check."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner import messages
from provisioner.cli.console import consortium_option


@click.command(name="clauses", help=messages.text("audit-clauses.help"))
@consortium_option
@click.option(
    "--language",
    type=click.Choice(messages.LANGUAGES),
    default="fr",
    help=messages.text("audit-clauses.help-language"),
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(("md", "html")),
    default="md",
    help=messages.text("audit-clauses.help-format"),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help=messages.text("audit-clauses.help-output"),
)
def command(folder: Path, language: str, kind: str, output: Path | None) -> None:
    """Write the annex."""
    from provisioner import folder as folders
    from provisioner.audit.publishing import document
    from provisioner.audit.publishing.clauses import Annex
    from provisioner.files import write_atomic

    blocks = Annex(folders.load(folder).consortium, language).blocks()
    text = document.markdown(blocks) if kind == "md" else document.html(blocks, language)
    if output is None or str(output) == "-":
        click.echo(text, nl=False)
        return
    write_atomic(output, text)
    click.echo(messages.text("audit-clauses.written", path=output))
