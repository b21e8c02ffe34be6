"""`nuage move`: a municipality's applications go to another server, with all that they have."""

from __future__ import annotations

import json
from pathlib import Path

import click

from provisioner import messages
from provisioner.cli.connection import key_option
from provisioner.cli.console import consortium_option, json_option
from provisioner.cli.moving_work import asking, codes, dns_changes, working


@click.command(name="move", help=messages.text("moving.help"))
@click.argument("name", metavar="SLUG")
@click.argument("server", metavar="[SERVER]", required=False, default="")
@click.option("--back", is_flag=True, help=messages.text("moving.help-back"))
@click.option("--forget", is_flag=True, help=messages.text("moving.help-forget"))
@click.option(
    "--consent-move", "consent", default="", metavar="CODE", help=messages.text("moving.help-consent")
)
@click.option(
    "--consent-forget", default="", metavar="CODE", help=messages.text("moving.help-consent-forget")
)
@consortium_option
@key_option
@json_option
def command(
    folder: Path,
    name: str,
    server: str,
    back: bool,
    forget: bool,
    consent: str,
    consent_forget: str,
    private_key: Path | None,
    as_json: bool,
) -> None:
    """Move, go on, undo or forget; exit code 4 refused, 6 when a server doesn't answer, 8 when a step failed."""
    from provisioner.errors import UsageError
    from provisioner.moving import verbs

    if bool(server) + back + forget != 1:
        raise UsageError("moving.what")
    with working(folder, private_key) as (work, tenants):
        (code,) = codes(tenants, (name,))
        slug = next(slug for slug, tenant in tenants.items() if tenant.code == code)
        ask = asking(slug, code, {"move": consent, "forget": consent_forget}, server)
        if forget:
            done = verbs.forget(work, slug, code, ask)
        elif back:
            done = verbs.back(work, slug, code)
        else:
            done = verbs.move(work, slug, server, ask)
    if as_json:
        told = {"move": done.note.model_dump(mode="json"), "figures": done.figures}
        click.echo(json.dumps(told, indent=2, sort_keys=True))
        return
    context = {"slug": slug, "code": code, "source": done.note.source, "server": done.note.target}
    key = "forgotten" if forget else "undone" if back else "done"
    figures = {"files": done.note.files, "rows": done.note.rows, "seconds": f"{done.note.stopped_s:.1f}"}
    click.echo(messages.text(f"moving.{key}", **context, **(figures if key == "done" else {})))
    if key == "done":
        click.echo(dns_changes(folder, slug), nl=False)
