"""`nuage apply`: build the plan's inventory and converge what is stale on the servers."""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner import messages
from provisioner.cli.beforehand import copy_first, without_option
from provisioner.cli.connection import key_option, names, only_option
from provisioner.cli.consent import consent_from, consent_options
from provisioner.cli.console import consortium_option, json_option

if TYPE_CHECKING:
    from provisioner.planning.model import Consent
    from provisioner.workflow import Prepared


@click.command(help=messages.text("apply.help"))
@consortium_option
@consent_options
@click.option("--plan", "digest", default="", metavar="DIGEST", help=messages.text("apply.help-plan"))
@click.option("-y", "--yes", is_flag=True, help=messages.text("apply.help-yes"))
@click.option("--full", is_flag=True, help=messages.text("apply.help-full"))
@click.option(
    "--forks",
    type=click.IntRange(1, 50),
    default=8,
    show_default=True,
    help=messages.text("apply.help-forks"),
)
@without_option
@only_option
@key_option
@json_option
def command(
    folder: Path,
    moves: tuple[str, ...],
    consent_move: tuple[str, ...],
    consent_remove: tuple[str, ...],
    consent_people: tuple[str, ...],
    digest: str,
    yes: bool,
    full: bool,
    forks: int,
    without: frozenset[str],
    only: str,
    private_key: Path | None,
    as_json: bool,
) -> None:
    """Deploy: exit code 8 when some failed, 6 when no server answered, 130 when interrupted."""
    from rich.console import Console

    from provisioner import beforehand, deployment, workflow
    from provisioner.execution.progress import Display
    from provisioner.files import locked
    from provisioner.inventory.vault_password import handed_on, terminal, vault_password
    from provisioner.report import run as report

    consent = consent_from(moves, consent_move, consent_remove, consent_people)
    with locked(folder):
        prepared = _reviewed(folder, consent, digest)
        chosen = deployment.codes(prepared.specs.tenants, names(only))
        if not (digest or yes):
            _confirm(prepared.plan.digest)
        label = report.labels(prepared.specs.tenants)
        options = deployment.Options(private_key, forks, full)
        # A person is asked once, for the build and for Ansible; never where there is no secret.
        secret = bool(prepared.plan.lock.placements)
        with handed_on(os.environ, terminal()) if secret else nullcontext():
            risky = beforehand.risky(prepared.plan) - without
            with Display(Console(stderr=True), label) as display:
                copy_first(folder, options, risky, "apply", display, label)
                workflow.carry_out(prepared, lambda: vault_password(os.environ))
                started = time.monotonic()
                done = deployment.run_playbook(folder, "site.yml", options, display.handle, only=chosen)
    seconds = time.monotonic() - started
    click.echo(report.as_json(done, seconds) if as_json else report.table(done, label, seconds))
    report.judge(done)


def _reviewed(folder: Path, consent: Consent, digest: str) -> Prepared:
    """A plan that nothing refuses, which this machine has all archives for."""
    from provisioner import workflow
    from provisioner.moving.deciding import refuse_under_way
    from provisioner.report.plan import waiting_text

    prepared = workflow.prepare(folder, consent)
    refuse_under_way(folder)
    if digest:
        workflow.demand_digest(prepared, digest)
    workflow.refuse(prepared.plan)
    workflow.demand_archives(prepared, os.environ)
    click.echo(waiting_text(prepared.plan), nl=False, err=True)
    return prepared


def _confirm(digest: str) -> None:
    click.confirm(messages.text("apply.confirm", digest=digest[:16]), abort=True, err=True)
