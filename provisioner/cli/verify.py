"""`nuage verify`: the testinfra suite and real HTTPS requests against live hosts."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner import messages
from provisioner.cli.connection import key_option, names, only_option
from provisioner.cli.console import consortium_option, json_option


@click.command(help=messages.text("verify.help"))
@consortium_option
@only_option
@key_option
@json_option
def command(folder: Path, only: str, private_key: Path | None, as_json: bool) -> None:
    """Verify; exit code 9 when a check doesn't hold."""
    from provisioner import deployment, workflow
    from provisioner.report import verification as report
    from provisioner.report.run import labels
    from provisioner.verification.run import verify
    from provisioner.verification.targets import from_build

    specs = workflow.prepare(folder).specs
    chosen = deployment.codes(specs.tenants, names(only))
    acme = specs.consortium.acme
    authority = folder / acme.authority_file if acme.authority_file else None
    targets = from_build(folder / "build", private_key=private_key, only=chosen, authority=authority)
    verdicts = verify(targets)
    click.echo(report.as_json(verdicts) if as_json else report.table(verdicts, labels(specs.tenants)))
    report.judge(verdicts)
