"""`nuage upgrade debian`: Debian's newer packages, server by server, and what used the older ones begun anew."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner import messages
from provisioner.cli.beforehand import copy_first, without_option
from provisioner.cli.connection import key_option
from provisioner.cli.console import consortium_option, json_option

if TYPE_CHECKING:
    from provisioner.deployment import Options
    from provisioner.errors import Problem
    from provisioner.execution.progress import Display
    from provisioner.upgrading.servers import Turn

VARIABLE = "NUAGE_DEBIAN"
COPY_HOURS = 30
"""A night's copy is young enough: Debian's packages change nobody's data."""


@click.command(help=messages.text("debian.help"))
@click.option("--ring", default="", metavar="RING", help=messages.text("debian.help-ring"))
@click.option("--server", default="", metavar="SERVER", help=messages.text("debian.help-server"))
@click.option(
    "--scope",
    type=click.Choice(["security", "stable"]),
    default="security",
    show_default=True,
    help=messages.text("debian.help-scope"),
)
@click.option("--reboot", is_flag=True, help=messages.text("debian.help-reboot"))
@click.option("--dry-run", is_flag=True, help=messages.text("debian.help-dry-run"))
@click.option("-y", "--yes", is_flag=True, help=messages.text("upgrading.help-yes"))
@without_option
@consortium_option
@key_option
@json_option
def debian(
    folder: Path,
    ring: str,
    server: str,
    scope: str,
    reboot: bool,
    dry_run: bool,
    yes: bool,
    without: frozenset[str],
    private_key: Path | None,
    as_json: bool,
) -> None:
    """Look after servers; exit code 8 when one isn't well after it, which keeps those that follow from beginning."""
    from rich.console import Console

    from provisioner import deployment, workflow
    from provisioner.execution.progress import Display
    from provisioner.files import locked
    from provisioner.inventory.vault_password import handed_on, terminal
    from provisioner.report.run import labels
    from provisioner.upgrading import servers

    asked = {"scope": scope, "reboot": reboot}
    with locked(folder):
        prepared = workflow.prepare(folder)
        specs, label = prepared.specs, labels(prepared.specs.tenants)
        turns = servers.turns(specs.consortium, specs.tenants, prepared.lock, ring=ring, only=server)
        if not (yes or dry_run):
            _confirm(turns, scope)
        options, done = deployment.Options(private_key), dict[str, dict[str, Any]]()
        with (
            handed_on(os.environ, terminal()),
            Display(Console(stderr=True, quiet=as_json), label) as display,
        ):
            if not dry_run:
                codes = frozenset().union(*(turn.codes for turn in turns)) - without
                copy_first(folder, options, codes, "upgrade", display, label, hours=COPY_HOURS)
            problems = _each(folder, options, turns, asked, display, done, check=dry_run)
    click.echo(json.dumps(done, indent=2, sort_keys=True) if as_json else _told(done))
    servers.judge(done, problems)


def _each(
    folder: Path,
    options: Options,
    turns: tuple[Turn, ...],
    asked: Mapping[str, Any],
    display: Display,
    done: dict[str, dict[str, Any]],
    *,
    check: bool,
) -> list[Problem]:
    """One server after the other. The first that isn't well is the last."""
    from provisioner import deployment
    from provisioner.execution.handing import handed_on

    for turn in turns:
        with handed_on(VARIABLE, json.dumps(dict(asked))):
            run = deployment.run_playbook(
                folder, "debian.yml", options, display.handle, only=frozenset({turn.server}), check=check
            )
        if run.status == "canceled":
            raise KeyboardInterrupt
        done |= run.results.debian
        problems = [one.problem for one in run.results.hosts.values() if one.problem]
        if problems:
            return problems
        if run.code != 0:
            from provisioner.errors import NuageError

            raise NuageError("apply.ansible-failed", file=str(run.log))
    return []


def _confirm(turns: tuple[Turn, ...], scope: str) -> None:
    for turn in turns:
        context = {"server": turn.server, "ring": turn.ring or "—", "count": len(turn.codes)}
        click.echo(messages.text("debian.line", **context), err=True)
    click.confirm(messages.text(f"debian.confirm-{scope}", count=len(turns)), abort=True, err=True)


def _told(done: Mapping[str, Mapping[str, Any]]) -> str:
    """For people: each server's packages, services begun anew, and what is left."""
    lines = []
    for server, one in sorted(done.items()):
        count = {"server": server, "packages": len(one["packages"]), "restarted": len(one["restarted"])}
        lines.append(messages.text("debian.done", **count))
        lines += [f"  {each['name']} {each['was'] or '—'} → {each['version']}" for each in one["packages"]]
        lines += [f"  ↻ {unit}" for unit in one["restarted"]]
        lines += [
            messages.text("debian.left", unit=unit)
            for unit, why in sorted(one["left"].items())
            if why == "reboot"
        ]
        if any(each["name"] == "wordpress" for each in one["packages"]):
            lines.append(messages.text("debian.wordpress", server=server))
        if one.get("reboot"):
            lines.append(messages.text("debian.reboot", server=server, detail=one["reboot"]))
    return "\n".join(lines)
