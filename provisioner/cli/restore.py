"""`nuage restore`: a municipality, or a part of it, as a copy has it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner import messages
from provisioner.cli.connection import key_option
from provisioner.cli.console import consortium_option, json_option

if TYPE_CHECKING:
    from provisioner.report.run import Label

PARTS = ("files", "wordpress", "nextcloud", "identity")


@click.command(name="restore", help=messages.text("restore.help"))
@click.argument("name", metavar="SLUG")
@click.option("--at", default="", metavar="TIME", help=messages.text("restore.help-at"))
@click.option("--copy", "snapshot", default="", metavar="ID", help=messages.text("restore.help-copy"))
@click.option("--only", type=click.Choice(PARTS), default=None, help=messages.text("restore.help-only"))
@click.option("--path", "inside", default="", metavar="PATH", help=messages.text("restore.help-path"))
@click.option("--to", "target", default="", metavar="SERVER", help=messages.text("restore.help-to"))
@click.option("--without-safety", is_flag=True, help=messages.text("restore.help-without-safety"))
@click.option(
    "--consent-restore", "consent", default="", metavar="CODE", help=messages.text("restore.help-consent")
)
@consortium_option
@key_option
@json_option
def command(
    folder: Path,
    name: str,
    at: str,
    snapshot: str,
    only: str | None,
    inside: str,
    target: str,
    without_safety: bool,
    consent: str,
    private_key: Path | None,
    as_json: bool,
) -> None:
    """Bring back; exit code 4 without consent, 6 when a server doesn't answer, 8 when something didn't come back."""
    from rich.console import Console

    from provisioner import backups, deployment, workflow
    from provisioner.errors import UsageError
    from provisioner.execution.progress import Display
    from provisioner.files import locked
    from provisioner.moving.deciding import refuse_under_way
    from provisioner.rebuilding import choosing
    from provisioner.report.run import labels

    prepared = workflow.prepare(folder)
    tenants = prepared.specs.tenants
    (code,) = deployment.codes(tenants, (name,))
    slug = next(slug for slug, tenant in tenants.items() if tenant.code == code)
    if inside and only not in (None, "files"):
        raise UsageError("restore.path-of-files", value=inside)
    if target:
        if inside or only not in (None, "identity"):
            raise UsageError("restore.to-whole", value=inside or only)
        which = {"snapshot": snapshot, "at": _moment(at)}
        _elsewhere(folder, code, target, only, which, consent, private_key, as_json)
        return
    choosing.demand_here(prepared, backups.hosts_of(code, only, inside))
    backups.demand_keeper(prepared.specs.consortium)
    asked: dict[str, Any] = {"do": "restore", "only": only or "", "path": inside, "copy": snapshot}
    asked |= {"at": _moment(at), "without_safety": without_safety}
    asked["hosts"] = backups.hosts_of(code, only, inside)
    refuse_under_way(folder)
    _consent(slug, code, consent)
    label = labels(tenants)
    with locked(folder), Display(Console(stderr=True), label) as display:
        done = backups.carry_out(
            folder, deployment.Options(private_key), asked, display.handle, only=frozenset({code})
        )
    back = done.results.backups
    click.echo(json.dumps(back, indent=2, sort_keys=True) if as_json else _said(back, label))
    backups.judge(done)


def _elsewhere(
    folder: Path,
    code: str,
    target: str,
    only: str | None,
    which: Mapping[str, Any],
    consent: str,
    private_key: Path | None,
    as_json: bool,
) -> None:
    """On another server, since its own is lost."""
    from provisioner import deployment, workflow
    from provisioner.files import locked
    from provisioner.inventory.vault_password import handed_on, terminal
    from provisioner.moving.deciding import refuse_under_way
    from provisioner.rebuilding import choosing, whole
    from provisioner.rebuilding.copies import Which
    from provisioner.report import rebuild as report

    with locked(folder):
        prepared = workflow.prepare(folder)
        refuse_under_way(folder)
        hosts = choosing.to_bring(prepared, code, target, only)
        with handed_on(os.environ, terminal()) if hosts else nullcontext():
            coming = whole.survey(prepared, hosts, private_key, Which(**which), target)
            if not as_json:
                click.echo(report.plan_text(prepared, coming), err=True)
            ended = []
            if hosts:
                _consent(coming[0].slug, code, consent)
                ended = whole.carry_out(prepared, coming, deployment.Options(private_key), at_once=1)
    if as_json:
        click.echo(report.as_json(prepared, coming, ended))
    elif ended:
        click.echo(report.text(prepared, coming, ended))
    whole.judge(coming, ended)


def _moment(text: str) -> float:
    """Seconds since 1970; 0 for the newest.

    Raises:
        UsageError: it isn't a time of ISO 8601.
    """
    from provisioner.errors import UsageError

    if not text:
        return 0
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError:
        raise UsageError("restore.bad-time", value=text) from None


def _consent(slug: str, code: str, given: str) -> None:
    """A person names the municipality whose present state goes.

    Raises:
        RefusedError: another one was named.
    """
    from provisioner.errors import RefusedError

    if not given:
        given = click.prompt(messages.text("restore.consent", slug=slug, code=code), err=True, default="")
    if given != code:
        raise RefusedError("restore.no-consent", subject=slug, code=code)


def _said(back: dict[str, dict[str, Any]], label: Label) -> str:
    lines = []
    for host, one in sorted(back.items()):
        rows = sum(sum(tables.values()) for tables in one.get("rows", {}).values())
        context = {"name": label(host), "copy": one["copy"][:8], "time": one["time"][:19], "rows": rows}
        lines.append(messages.text("restore.done", files=one.get("files", 0), **context))
    return "\n".join(lines)
