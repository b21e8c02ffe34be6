"""`nuage drift`: everything in check mode, and what differs from what was asked."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner import messages
from provisioner.cli.connection import key_option, names, only_option
from provisioner.cli.console import consortium_option, json_option


@click.command(help=messages.text("drift.help"))
@consortium_option
@only_option
@key_option
@json_option
def command(folder: Path, only: str, private_key: Path | None, as_json: bool) -> None:
    """Compare; exit code 9 when something differs, 8 when something couldn't be compared."""
    from rich.console import Console

    from provisioner import deployment, workflow
    from provisioner.execution.progress import Display
    from provisioner.report import drift as report
    from provisioner.report.run import labels

    specs = workflow.prepare(folder).specs
    chosen = deployment.codes(specs.tenants, names(only))
    label = labels(specs.tenants)
    with Display(Console(stderr=True, quiet=as_json), label) as display:
        options = deployment.Options(private_key)
        done = deployment.run_playbook(folder, "site.yml", options, display.handle, only=chosen, check=True)
    click.echo(report.as_json(done) if as_json else report.text(done, label))
    report.judge(done)
