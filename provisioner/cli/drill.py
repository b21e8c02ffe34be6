"""`nuage drill`: does a copy come back? Tried on one municipality, which notices nothing."""

from __future__ import annotations

import json
from pathlib import Path

import click

from provisioner import messages
from provisioner.cli.connection import key_option
from provisioner.cli.console import consortium_option, json_option


@click.command(name="drill", help=messages.text("drill.help"))
@click.argument("name", metavar="[SLUG]", required=False, default="")
@consortium_option
@key_option
@json_option
def command(folder: Path, name: str, private_key: Path | None, as_json: bool) -> None:
    """Try; exit code 6 when a server doesn't answer, 8 when a copy didn't come back, 9 when it isn't what it was."""
    from rich.console import Console

    from provisioner import backups, deployment, drills, workflow
    from provisioner.execution.progress import Display
    from provisioner.report.run import labels

    specs = workflow.prepare(folder).specs
    backups.demand_keeper(specs.consortium)
    tenants = specs.tenants
    (code,) = drills.chosen(tenants, (name,) if name else ())
    label = labels(tenants)
    with Display(Console(stderr=True), label) as display:
        results = drills.carry_out(folder, deployment.Options(private_key), code, display.handle)
    if as_json:
        click.echo(json.dumps(results, indent=2, sort_keys=True))
    else:
        for host, one in sorted(results.items()):
            word = "good" if one["good"] else "bad"
            context = {"name": label(host), "copy": one["copy"][:8], "time": one["time"][:19]}
            figures = {"files": one["files"], "rows": one["rows"], "seconds": f"{one['seconds']:.1f}"}
            click.echo(messages.text(f"drill.{word}", **context, **figures))
    drills.judge(results)
