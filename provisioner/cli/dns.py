"""`nuage dns`: the records that a municipality must create, and whether they are there."""

from __future__ import annotations

import json
from pathlib import Path

import click

from provisioner import messages
from provisioner.cli.console import consortium_option, json_option


@click.command(help=messages.text("dns.help"))
@click.argument("slug")
@consortium_option
@json_option
@click.pass_context
def command(ctx: click.Context, slug: str, folder: Path, as_json: bool) -> None:
    """Print and check; writes nothing. Exit code 9 when a record is missing or different."""
    from provisioner.dns.survey import survey
    from provisioner.report.dns import survey_json, survey_text

    found = survey(folder, slug)
    if as_json:
        click.echo(json.dumps(survey_json(found), ensure_ascii=False, indent=2))
    else:
        click.echo(survey_text(found), nl=False)
    ctx.exit(9 if found.fails else 0)
