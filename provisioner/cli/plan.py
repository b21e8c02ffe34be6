"""`nuage plan`: what carrying out the specs would do, its digest, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import click

from provisioner import messages
from provisioner.cli.consent import consent_from, consent_options
from provisioner.cli.console import consortium_option, json_option


@click.command(help=messages.text("plan.help"))
@consortium_option
@consent_options
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    folder: Path,
    moves: tuple[str, ...],
    consent_move: tuple[str, ...],
    consent_remove: tuple[str, ...],
    consent_people: tuple[str, ...],
    as_json: bool,
) -> None:
    """Plan and show it; writes nothing. Exit code 4 when something is refused."""
    from provisioner import workflow
    from provisioner.inventory.keeping import keepers
    from provisioner.moving.telling import notices
    from provisioner.report.plan import plan_text

    prepared = workflow.prepare(folder, consent_from(moves, consent_move, consent_remove, consent_people))
    if as_json:
        value = prepared.plan.model_dump(mode="json")
        click.echo(json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True))
        ctx.exit(4 if prepared.plan.refusals else 0)
    tenants = prepared.specs.tenants
    names = {slug: tenant.name for slug, tenant in tenants.items()}
    waiting = sum(tenant.state == "requested" for tenant in tenants.values())
    click.echo(plan_text(prepared.plan, names, waiting), nl=False)
    for line in notices(folder):
        click.echo(line, err=True)
    if not keepers(prepared.specs.consortium):
        click.echo(messages.text("validate.nothing-kept"), err=True)
    workflow.refuse(prepared.plan)
