"""`nuage audit collect`: an audit of what runs, sealed so that anybody can check it."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner import messages
from provisioner.cli.connection import key_option, names, only_option
from provisioner.cli.console import consortium_option, json_option

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(help=messages.text("audit-collect.help"))
@consortium_option
@click.option("--key", required=True, type=FILE, metavar="FILE", help=messages.text("audit-collect.help-key"))
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help=messages.text("audit-collect.help-output"),
)
@click.option(
    "--log",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help=messages.text("audit-collect.help-log"),
)
@click.option("--request", type=FILE, metavar="FILE", help=messages.text("audit-collect.help-request"))
@click.option(
    "--measurement",
    "measurements",
    multiple=True,
    type=FILE,
    metavar="FILE",
    help=messages.text("audit-collect.help-measurement"),
)
@click.option("--vantage-point", metavar="ID", help=messages.text("audit-collect.help-vantage-point"))
@click.option(
    "--vantage-key", type=FILE, metavar="FILE", help=messages.text("audit-collect.help-vantage-key")
)
@click.option("--possession", is_flag=True, help=messages.text("audit-collect.help-possession"))
@click.option("--no-browser", is_flag=True, help=messages.text("audit-collect.help-no-browser"))
@only_option
@key_option
@json_option
def command(
    folder: Path,
    key: Path,
    output: Path,
    log: Path | None,
    request: Path | None,
    measurements: tuple[Path, ...],
    vantage_point: str | None,
    vantage_key: Path | None,
    possession: bool,
    no_browser: bool,
    only: str,
    private_key: Path | None,
    as_json: bool,
) -> None:
    """Collect and seal: exit code 8 when something could not be collected, 6 when no server answered."""
    from rich.console import Console

    from provisioner import deployment, workflow
    from provisioner.audit.location import prober
    from provisioner.audit.observing import collecting, requested, sealed
    from provisioner.audit.observing.display import Steps
    from provisioner.report import audit as report

    if bool(vantage_point) != bool(vantage_key) or (possession and not vantage_key):
        raise click.UsageError(messages.text("audit-collect.both-of-vantage"))
    log = log or folder / sealed.LOG
    specs = workflow.prepare(folder).specs
    sealer = sealed.sealer(key, log, output, specs.consortium.audit.time_stamp_authority)
    asked = collecting.Asked(
        folder,
        deployment.Options(private_key),
        only=deployment.codes(specs.tenants, names(only)),
        browser=not no_browser,
        measurements=measurements,
        point=prober.vantage(vantage_point, vantage_key) if vantage_point and vantage_key else None,
        begun=requested.read(request) if request else None,
        possession=possession,
        previous=sealed.previous(log),
    )
    with Steps(Console(stderr=True)) as steps:
        found = collecting.collect(asked, steps)
        steps.begin("sealing")
        sealed.seal(sealer, found.files, output)
        steps.end()
    click.echo(report.as_json(found, output) if as_json else report.text(found, output))
    report.judge(found)
