"""`nuage upgrade`: municipalities go over to another release, one after the other, and back where it isn't well."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner import messages
from provisioner.cli.beforehand import copy_first, without_option
from provisioner.cli.connection import key_option, names
from provisioner.cli.console import consortium_option, json_option
from provisioner.cli.upgrade_debian import debian

if TYPE_CHECKING:
    from provisioner.deployment import Options
    from provisioner.execution.progress import Display
    from provisioner.execution.runner import Run
    from provisioner.spec.tenant import Tenant
    from provisioner.upgrading.chosen import Chosen
    from provisioner.upgrading.deciding import Asked
    from provisioner.workflow import Prepared


@click.group(name="upgrade", help=messages.text("upgrading.help"))
def command() -> None:
    """`nuage upgrade`."""


command.add_command(debian)


@command.command(help=messages.text("upgrading.help-nextcloud"))
@click.argument("version", metavar="VERSION")
@click.option("--ring", default="", metavar="RING", help=messages.text("upgrading.help-ring"))
@click.option("--only", multiple=True, metavar="SLUG", help=messages.text("upgrading.help-only"))
@click.option(
    "--consent-early", "early", default="", metavar="RING", help=messages.text("upgrading.help-early")
)
@click.option("-y", "--yes", is_flag=True, help=messages.text("upgrading.help-yes"))
@without_option
@consortium_option
@key_option
@json_option
def nextcloud(
    folder: Path,
    version: str,
    ring: str,
    only: tuple[str, ...],
    early: str,
    yes: bool,
    without: frozenset[str],
    private_key: Path | None,
    as_json: bool,
) -> None:
    """Upgrade; exit code 4 when it is refused, 8 when some went back, or couldn't be copied first."""
    from rich.console import Console

    from provisioner import deployment
    from provisioner.execution.progress import Display
    from provisioner.files import locked
    from provisioner.inventory.vault_password import handed_on, terminal
    from provisioner.moving.deciding import refuse_under_way
    from provisioner.report.run import labels
    from provisioner.upgrading import choosing, telling
    from provisioner.upgrading.deciding import Asked

    with locked(folder):
        refuse_under_way(folder)
        prepared = _prepared(folder)
        tenants = prepared.specs.tenants
        codes = deployment.codes(tenants, tuple(name for part in only for name in names(part)))
        going = _going(prepared, Asked(version, ring, codes, early))
        before = choosing.read(folder)
        if not going:
            click.echo(
                telling.as_json(()) if as_json else messages.text("upgrading.nothing", version=version)
            )
            return
        if not yes:
            _confirm(going, before, version)
        started = time.monotonic()
        console = Console(stderr=True, quiet=as_json)
        label, options = labels(tenants), deployment.Options(private_key)
        with handed_on(os.environ, terminal()), Display(console, label) as display:
            risky = {each.code for each in going} - without
            copy_first(folder, options, risky, "upgrade", display, label, roles=("apps",))
            done, settled = _carry_out(prepared, options, going, display)
        rows = telling.rows(going, before, choosing.read(folder), done)
    seconds = time.monotonic() - started
    click.echo(telling.as_json(rows) if as_json else telling.table(rows, seconds, str(done.log)))
    telling.judge(done, settled)


def _prepared(folder: Path) -> Prepared:
    from provisioner import workflow

    prepared = workflow.prepare(folder)
    workflow.refuse(prepared.plan)
    workflow.demand_archives(prepared, os.environ)
    return prepared


def _going(prepared: Prepared, asked: Asked) -> tuple[Tenant, ...]:
    from provisioner.artifacts import lockfile
    from provisioner.upgrading import choosing
    from provisioner.upgrading.deciding import Situation, decide

    folder, specs = prepared.specs.folder, prepared.specs
    chosen, pins = choosing.read(folder), lockfile.load(folder)
    now = datetime.now(UTC)
    return decide(Situation(specs.consortium, specs.tenants, prepared.lock, chosen, pins, now), asked)


def _carry_out(
    prepared: Prepared, options: Options, going: tuple[Tenant, ...], display: Display
) -> tuple[Run, Run | None]:
    """The upgrade, and an apply for whoever is at work after it; none where nobody was touched."""
    from provisioner import workflow
    from provisioner.artifacts import lockfile
    from provisioner.inventory.vault_password import vault_password
    from provisioner.upgrading import running

    folder = prepared.specs.folder
    codes = frozenset(each.code for each in going)
    workflow.carry_out(prepared, lambda: vault_password(os.environ))
    done = running.carry_out(folder, options, codes, lockfile.load(folder), display.handle)
    touched = running.touched(done)
    if not touched:
        return done, None
    workflow.carry_out(workflow.prepare(folder), lambda: vault_password(os.environ))
    return done, running.settle(folder, options, touched)


def _confirm(going: tuple[Tenant, ...], before: Chosen, version: str) -> None:
    from provisioner.upgrading.chosen import version_of

    for tenant in going:
        found = version_of(before.release_of(tenant.code)) or "?"
        line = messages.text(
            "upgrading.line", name=tenant.name, ring=tenant.ring, found=found, wanted=version
        )
        click.echo(line, err=True)
    click.confirm(messages.text("upgrading.confirm", count=len(going)), abort=True, err=True)
