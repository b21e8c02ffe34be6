"""`nuage breakglass`: a short-lived local administrator, when a municipality's own accounts are of no help."""

from __future__ import annotations

import getpass
import json
import os
import socket
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner import messages
from provisioner.cli.connection import key_option
from provisioner.cli.console import consortium_option, json_option

if TYPE_CHECKING:
    from provisioner.report.run import Label
    from provisioner.spec.tenant import Tenant

SERVICE = click.Choice(("wordpress", "nextcloud"))


class Verbs(click.Group):
    """`nuage breakglass SLUG SERVICE` opens; `end` and `list` are words of their own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without a verb, `open` is meant."""
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["open", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Verbs, name="breakglass", help=messages.text("breakglass.help"))
def command() -> None:
    """`nuage breakglass`."""


def _operator() -> str:
    who = os.environ.get("SUDO_USER") or os.environ.get("USER") or getpass.getuser()
    return f"{who}@{socket.gethostname()}"


def _tenant(folder: Path, name: str) -> tuple[str, Tenant]:
    from provisioner import deployment, workflow

    tenants = workflow.prepare(folder).specs.tenants
    (code,) = deployment.codes(tenants, (name,))
    return next((slug, tenant) for slug, tenant in tenants.items() if tenant.code == code)


@command.command("open", help=messages.text("breakglass.help-open"))
@click.argument("name", metavar="SLUG")
@click.argument("service", type=SERVICE, metavar="SERVICE")
@click.option("--reason", required=True, help=messages.text("breakglass.help-reason"))
@click.option(
    "--minutes",
    type=click.IntRange(1, 480),
    default=30,
    show_default=True,
    help=messages.text("breakglass.help-minutes"),
)
@consortium_option
@key_option
@json_option
def open_(
    folder: Path,
    name: str,
    service: str,
    reason: str,
    minutes: int,
    private_key: Path | None,
    as_json: bool,
) -> None:
    """Make an account; exit code 4 when there is one already or the services aren't at work."""
    from provisioner import breakglass, deployment
    from provisioner.errors import NuageError

    slug, tenant = _tenant(folder, name)
    kept = breakglass.checked(slug, tenant, service, reason)
    asked = breakglass.Asked(tenant.code, service, _operator(), kept, minutes)
    # Noted first: nobody comes in without a line that says who asked.
    breakglass.note(folder, "asked", slug, asked, minutes=minutes)
    try:
        accounts = breakglass.carry_out(folder, deployment.Options(private_key), "open", asked)
    except NuageError as error:
        breakglass.note(folder, "failed", slug, asked, why=error.problems[0].key)
        raise
    until = next(account["until"] for account in accounts if account["account"] == asked.account)
    breakglass.note(folder, "opened", slug, asked, until=until)
    shown = {
        "address": breakglass.address(tenant, service),
        "account": asked.account,
        "password": asked.password,
        "until": until,
    }
    if as_json:
        click.echo(json.dumps(shown, indent=2, sort_keys=True))
    else:
        click.echo(messages.text("breakglass.opened", **{**shown, "until": _time(until)}))


@command.command(help=messages.text("breakglass.help-end"))
@click.argument("name", metavar="SLUG")
@click.argument("service", type=SERVICE, metavar="SERVICE")
@consortium_option
@key_option
def end(folder: Path, name: str, service: str, private_key: Path | None) -> None:
    """Remove an account before its time is over; exit code 4 when there is none."""
    from provisioner import breakglass, deployment

    slug, tenant = _tenant(folder, name)
    asked = breakglass.Asked(tenant.code, service, _operator(), "", account="", password="")
    breakglass.carry_out(folder, deployment.Options(private_key), "end", asked)
    breakglass.note(folder, "ended", slug, asked)
    click.echo(messages.text("breakglass.ended", name=tenant.name, service=service))


@command.command("list", help=messages.text("breakglass.help-list"))
@consortium_option
@key_option
@json_option
def list_(folder: Path, private_key: Path | None, as_json: bool) -> None:
    """Show the accounts that there are now, on all servers."""
    from provisioner import breakglass, deployment, workflow
    from provisioner.report.run import labels

    tenants = workflow.prepare(folder).specs.tenants
    accounts = breakglass.carry_out(folder, deployment.Options(private_key), "list")
    if as_json:
        click.echo(json.dumps(accounts, indent=2, sort_keys=True))
        return
    label = labels(tenants)
    click.echo(_table(accounts, label) if accounts else messages.text("breakglass.none"))


def _table(accounts: list[dict[str, Any]], label: Label) -> str:
    from provisioner.report.table import grid

    columns = ("name", "service", "account", "until", "by", "reason")
    rows = [
        [
            label(f"{account['code']}-apps"),
            account["service"],
            account["account"],
            _time(account["until"]),
            account["operator"],
            account["reason"],
        ]
        for account in accounts
    ]
    return grid([messages.text(f"breakglass.column-{column}") for column in columns], rows)


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M %Z")
