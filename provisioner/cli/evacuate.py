"""`nuage evacuate`: every municipality's applications leave a server, one after the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner import messages
from provisioner.cli.connection import key_option
from provisioner.cli.console import consortium_option, json_option
from provisioner.cli.moving_work import working

if TYPE_CHECKING:
    from provisioner.moving.evacuating import Legs


@click.command(name="evacuate", help=messages.text("moving.help-evacuate"))
@click.argument("server", metavar="SERVER")
@click.option(
    "--consent-evacuate",
    "consent",
    default="",
    metavar="SERVER",
    help=messages.text("moving.help-consent-evacuate"),
)
@consortium_option
@key_option
@json_option
def command(folder: Path, server: str, consent: str, private_key: Path | None, as_json: bool) -> None:
    """Evacuate; exit code 4 refused, 8 when somebody couldn't go: run it again."""
    from provisioner.errors import PartialFailureError
    from provisioner.moving import evacuating, verbs

    with working(folder, private_key) as (work, _tenants):
        found = evacuating.legs(folder, server)
        if found.legs:
            _consent(server, consent, found)
        done, failed = verbs.evacuate(work, found.legs)
    figures = {"count": len(done), "total": len(found.legs), "realms": found.realms, "server": server}
    if as_json:
        moved = [{"move": one.note.model_dump(mode="json"), "figures": one.figures} for one in done]
        click.echo(json.dumps({"moved": moved, "failed": len(failed), **figures}, indent=2, sort_keys=True))
    else:
        click.echo(messages.text("moving.evacuated", **figures))
        if found.realms:
            click.echo(messages.text("moving.realms-stay", **figures))
    if failed:
        raise PartialFailureError.of([problem for error in failed for problem in error.problems])


def _consent(server: str, given: str, found: Legs) -> None:
    """A person sees who goes where, and names the server.

    Raises:
        RefusedError: another one was named.
    """
    from provisioner.errors import RefusedError

    for leg in found.legs:
        click.echo(messages.text("moving.leg", slug=leg.slug, server=leg.target), err=True)
    if not given:
        question = messages.text("moving.consent-evacuate", server=server, count=len(found.legs))
        given = click.prompt(question, err=True, default="")
    if given != server:
        raise RefusedError("moving.no-consent-evacuate", subject=server)
