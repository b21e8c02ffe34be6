"""`nuage rebuild`: who lived on a server that is lost for good, brought back onto the others from copies."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner import messages
from provisioner.cli.connection import key_option
from provisioner.cli.console import consortium_option, json_option

if TYPE_CHECKING:
    from provisioner.rebuilding.carrying import Ended


@click.command(name="rebuild", help=messages.text("rebuild.help"))
@click.argument("server", metavar="SERVER")
@click.option(
    "--consent-rebuild", "consent", default="", metavar="SERVER", help=messages.text("rebuild.help-consent")
)
@click.option("--dry-run", is_flag=True, help=messages.text("rebuild.help-dry-run"))
@click.option(
    "--at-once",
    type=click.IntRange(1, 20),
    default=4,
    show_default=True,
    help=messages.text("rebuild.help-at-once"),
)
@consortium_option
@key_option
@json_option
def command(
    folder: Path,
    server: str,
    consent: str,
    dry_run: bool,
    at_once: int,
    private_key: Path | None,
    as_json: bool,
) -> None:
    """Rebuild; exit code 4 without consent, 8 when somebody couldn't be brought back yet: the same command goes on."""
    from provisioner import deployment, workflow
    from provisioner.files import locked
    from provisioner.inventory.vault_password import handed_on, terminal
    from provisioner.moving.deciding import refuse_under_way
    from provisioner.rebuilding import choosing, whole
    from provisioner.report import rebuild as report

    with locked(folder):
        prepared = workflow.prepare(folder)
        choosing.lost_server(prepared, server)
        refuse_under_way(folder)
        hosts = choosing.waiting(prepared, server)
        with handed_on(os.environ, terminal()) if hosts else nullcontext():
            coming = whole.survey(prepared, hosts, private_key)
            if not as_json:
                click.echo(report.plan_text(prepared, coming), err=not dry_run)
            ended: list[Ended] = []
            if hosts and not dry_run:
                _consent(server, consent, len({host[:5] for host in hosts}))
                ended = whole.carry_out(prepared, coming, deployment.Options(private_key), at_once)
    if as_json:
        click.echo(report.as_json(prepared, coming, ended))
    elif ended:
        click.echo(report.text(prepared, coming, ended))
    whole.judge(coming, ended)


def _consent(server: str, given: str, count: int) -> None:
    """A person names the server whose municipalities go to others.

    Raises:
        RefusedError: another one was named.
    """
    from provisioner.errors import RefusedError

    if not given:
        given = click.prompt(
            messages.text("rebuild.consent", server=server, count=count), err=True, default=""
        )
    if given != server:
        raise RefusedError("rebuild.no-consent", subject=server, server=server)
