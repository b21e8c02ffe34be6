"""`nuage status`: what runs where, at which version and since when."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner import messages
from provisioner.cli.connection import key_option
from provisioner.cli.console import consortium_option, json_option


@click.command(help=messages.text("status.help"))
@consortium_option
@key_option
@json_option
def command(folder: Path, private_key: Path | None, as_json: bool) -> None:
    """Show; exit code 6 when no server answered, 8 when some didn't."""
    from provisioner import deployment, workflow
    from provisioner.moving.telling import notices
    from provisioner.report import status as report
    from provisioner.report.plan import waiting_text
    from provisioner.report.run import judge, labels

    prepared = workflow.prepare(folder)
    specs = prepared.specs
    click.echo(waiting_text(prepared.plan), nl=False, err=True)
    done = deployment.run_playbook(folder, "status.yml", deployment.Options(private_key), lambda event: None)
    rows = report.rows(done)
    click.echo(report.as_json(rows) if as_json else report.table(rows, labels(specs.tenants)))
    for line in notices(folder):
        click.echo(line, err=True)
    judge(done)
