"""`nuage build`: the static Ansible inventory, the secrets that are missing, and the placement lock."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from provisioner import messages
from provisioner.cli.consent import consent_from, consent_options
from provisioner.cli.console import consortium_option, json_option


@click.command(help=messages.text("build.help"))
@consortium_option
@consent_options
@click.option("--plan", "digest", default="", metavar="DIGEST", help=messages.text("build.help-plan"))
@json_option
def command(
    folder: Path,
    moves: tuple[str, ...],
    consent_move: tuple[str, ...],
    consent_remove: tuple[str, ...],
    consent_people: tuple[str, ...],
    digest: str,
    as_json: bool,
) -> None:
    """Plan and write the inventory; nothing is written when anything is refused."""
    from provisioner import workflow
    from provisioner.inventory.vault_password import terminal, vault_password
    from provisioner.moving.deciding import refuse_under_way

    refuse_under_way(folder)
    consent = consent_from(moves, consent_move, consent_remove, consent_people)
    built = workflow.build(folder, lambda: vault_password(os.environ, terminal()), consent, digest)
    if as_json:
        value = {
            "digest": built.prepared.plan.digest,
            "files": list(built.files),
            "inventory": str(built.inventory),
            "new_secrets": built.new_secrets,
        }
        click.echo(json.dumps(value, indent=2, sort_keys=True))
        return
    key = "build.written" if built.files else "build.unchanged"
    click.echo(messages.text(key, folder=built.inventory, count=len(built.files)))
    if built.new_secrets:
        click.echo(messages.text("build.new-secrets", count=built.new_secrets))
