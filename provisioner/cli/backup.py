"""`nuage backup`: copies of municipalities at another site, made now; and what there is."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner import messages
from provisioner.cli.connection import key_option
from provisioner.cli.console import consortium_option, json_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.report.run import Label
    from provisioner.spec.consortium import Server
    from provisioner.spec.tenant import Tenant
    from provisioner.workflow import Prepared

MIB = 1024**2


class Verbs(click.Group):
    """`nuage backup SLUG…` backs up; `list` is a word of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without a verb, `now` is meant."""
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["now", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Verbs, name="backup", help=messages.text("backup.help"))
def command() -> None:
    """`nuage backup`."""


@command.command("now", help=messages.text("backup.help-now"))
@click.argument("names", metavar="[SLUG]…", nargs=-1)
@click.option("--all", "everybody", is_flag=True, help=messages.text("backup.help-all"))
@click.option("--reason", default="demand", help=messages.text("backup.help-reason"))
@consortium_option
@key_option
@json_option
def now(
    folder: Path,
    names: tuple[str, ...],
    everybody: bool,
    reason: str,
    private_key: Path | None,
    as_json: bool,
) -> None:
    """Back up; exit code 4 without a keeper, 6 when a server doesn't answer, 8 when a municipality's failed."""
    from rich.console import Console

    from provisioner import backups, deployment, workflow
    from provisioner.errors import UsageError
    from provisioner.execution.progress import Display
    from provisioner.report.run import labels

    if bool(names) == everybody:
        raise UsageError("backup.whom")
    if not (reason.isascii() and reason.replace("-", "").isalnum() and len(reason) <= 40):
        raise UsageError("backup.bad-reason", value=reason)
    specs = workflow.prepare(folder).specs
    backups.demand_keeper(specs.consortium)
    tenants = specs.tenants
    only = deployment.codes(tenants, names)
    label = labels(tenants)
    asked = {"do": "run", "run": backups.run_id(), "reason": reason}
    with Display(Console(stderr=True), label) as display:
        done = backups.carry_out(folder, deployment.Options(private_key), asked, display.handle, only=only)
    made = done.results.backups
    click.echo(json.dumps(made, indent=2, sort_keys=True) if as_json else _made(made, label))
    backups.judge(done)


def _made(made: dict[str, dict[str, Any]], label: Label) -> str:
    from provisioner.report.table import grid

    columns = ("name", "seconds", "paused", "size", "sent")
    rows = [
        [
            label(host),
            f"{one['seconds']:.1f}",
            f"{one['paused']:.2f}",
            f"{one['bytes'] / MIB:.1f}",
            f"{one['added'] / MIB:.2f}",
        ]
        for host, one in sorted(made.items())
    ]
    return grid([messages.text(f"backup.column-{column}") for column in columns], rows) if rows else ""


@command.command("list", help=messages.text("backup.help-list"))
@click.argument("name", metavar="SLUG")
@consortium_option
@key_option
@json_option
def list_(folder: Path, name: str, private_key: Path | None, as_json: bool) -> None:
    """Show the copies that there are of a municipality, as its servers see them at the keeper."""
    from provisioner import backups, deployment, workflow
    from provisioner.report.run import labels
    from provisioner.report.table import grid

    specs = workflow.prepare(folder).specs
    backups.demand_keeper(specs.consortium)
    tenants = specs.tenants
    only = deployment.codes(tenants, (name,))
    options = deployment.Options(private_key)
    done = backups.carry_out(folder, options, {"do": "list"}, lambda event: None, only=only)
    backups.judge(done)
    copies = {host: one["copies"] for host, one in sorted(done.results.backups.items())}
    if as_json:
        click.echo(json.dumps(copies, indent=2, sort_keys=True))
        return
    label = labels(tenants)
    # One repository, and each of the municipality's servers sees all that is in it.
    rows = [
        [label(host), _time(one["time"]), one["short_id"], ", ".join(one.get("tags") or [])]
        for host, found in copies.items()
        for one in found
        if one["hostname"] == host
    ]
    columns = [messages.text(f"backup.column-{each}") for each in ("name", "time", "copy", "tags")]
    click.echo(grid(columns, rows) if rows else messages.text("backup.none"))


@command.command("prune", help=messages.text("backup.help-prune"))
@click.argument("names", metavar="[SLUG]…", nargs=-1)
@click.option("--all", "everybody", is_flag=True, help=messages.text("backup.help-all"))
@click.option("--dry-run", is_flag=True, help=messages.text("backup.help-dry-run"))
@consortium_option
@key_option
@json_option
def prune(
    folder: Path,
    names: tuple[str, ...],
    everybody: bool,
    dry_run: bool,
    private_key: Path | None,
    as_json: bool,
) -> None:
    """Forget copies whose time is over; exit code 5 without restic here, 6 when a keeper doesn't answer."""
    import os
    import time

    from provisioner import backups, deployment, pruning, workflow
    from provisioner.errors import UsageError
    from provisioner.files import read_text
    from provisioner.inventory import rendering, vault, writer
    from provisioner.inventory.vault_password import terminal, vault_password

    if bool(names) == everybody:
        raise UsageError("backup.whom")
    prepared = workflow.prepare(folder)
    backups.demand_keeper(prepared.specs.consortium)
    only = deployment.codes(prepared.specs.tenants, names)
    path = folder / vault.NAME
    held = vault.unlock(read_text(path), vault_password(os.environ, terminal()), str(path))
    done: dict[str, dict[str, Any]] = {}
    for tenant, keeper in _kept(prepared, only):
        door = pruning.Door(keeper, folder / writer.FOLDER / rendering.KNOWN_HOSTS, private_key)
        password = pruning.password_of(held, tenant.code)
        count, gone = pruning.over(door, tenant.code, password, tenant.retention.backups_days, time.time())
        if not dry_run:
            pruning.forget(door, tenant.code, password, gone)
        done[tenant.code] = {"copies": count, "forgotten": gone}
    if as_json:
        click.echo(json.dumps(done, indent=2, sort_keys=True))
        return
    for code, one in done.items():
        figures = {"copies": one["copies"], "forgotten": len(one["forgotten"])}
        click.echo(messages.text("backup.pruned", code=code, **figures))


def _kept(prepared: Prepared, only: frozenset[str]) -> Iterator[tuple[Tenant, Server]]:
    """Municipalities with the keeper of their copies, by code; all of them where none are named."""
    from provisioner.inventory.keeping import keeper_of

    specs = prepared.specs
    servers = {server.id: server for server in specs.consortium.servers}
    for tenant in sorted(specs.tenants.values(), key=lambda one: one.code):
        placed = prepared.lock.placements.items()
        homes = [servers[one.server] for host, one in placed if host[:5] == tenant.code]
        keeper = keeper_of(specs.consortium, homes) if homes else None
        if keeper is not None and (not only or tenant.code in only):
            yield tenant, keeper


def _time(text: str) -> str:
    # restic tells nanoseconds.
    moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
