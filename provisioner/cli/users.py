"""`nuage users`: the people of a municipality, in its realm."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provisioner import messages
from provisioner.cli.connection import key_option
from provisioner.cli.console import consortium_option, json_option

if TYPE_CHECKING:
    from provisioner.people.person import Person

OUTCOMES = ("created", "changed", "unchanged", "failed")


@click.group(name="users", help=messages.text("users.help"))
def command() -> None:
    """`nuage users`."""


def _whose(folder: Path, name: str) -> tuple[str, str]:
    """Slug and code of the municipality."""
    from provisioner import deployment, workflow
    from provisioner.people import sending

    tenants = workflow.prepare(folder).specs.tenants
    (code,) = deployment.codes(tenants, (name,))
    slug = next(slug for slug, tenant in tenants.items() if tenant.code == code)
    sending.demand_accounts(slug, tenants[slug])
    return slug, code


def _people(path: Path) -> list[Person]:
    from provisioner import tables
    from provisioner.people import ldif, sheet

    text = tables.decode(tables.read_bytes(path), str(path))
    if path.suffix.lower() in (".ldif", ".ldf"):
        return ldif.read(text, str(path))
    return sheet.read(text, str(path))


@command.command("import", help=messages.text("users.help-import"))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.argument("name", metavar="SLUG")
@click.option("--dry-run", is_flag=True, help=messages.text("users.help-dry-run"))
@click.option("--no-mail", is_flag=True, help=messages.text("users.help-no-mail"))
@click.option("--again", is_flag=True, help=messages.text("users.help-again"))
@consortium_option
@key_option
@json_option
def import_(
    folder: Path,
    file: Path,
    name: str,
    dry_run: bool,
    no_mail: bool,
    again: bool,
    private_key: Path | None,
    as_json: bool,
) -> None:
    """Bring a file's people in; exit code 3 when anything of it is wrong, and then nothing is sent."""
    from provisioner import deployment
    from provisioner.people import sending

    people = _people(file)
    slug, code = _whose(folder, name)
    request = sending.request_of(people, mail=not no_mail, again=again)
    outcomes = sending.carry_out(folder, deployment.Options(private_key), code, request, check=dry_run)
    click.echo(_import_json(people, outcomes) if as_json else _import_text(people, outcomes, dry_run=dry_run))
    sending.judge(slug, people, outcomes)


def _import_json(people: Sequence[Person], outcomes: Sequence[dict[str, Any]]) -> str:
    rows = [
        {"username": person.username, **outcome} for person, outcome in zip(people, outcomes, strict=True)
    ]
    return json.dumps({"people": rows}, ensure_ascii=False, indent=2, sort_keys=True)


def _import_text(people: Sequence[Person], outcomes: Sequence[dict[str, Any]], *, dry_run: bool) -> str:
    from provisioner.report.table import printable

    lines = [
        messages.text(
            f"users.line-{outcome['outcome']}", name=printable(person.name), username=person.username
        )
        for person, outcome in zip(people, outcomes, strict=True)
        if outcome["outcome"] != "unchanged"
    ]
    counts = Counter(outcome["outcome"] for outcome in outcomes)
    figures: dict[str, object] = {outcome: counts[outcome] for outcome in OUTCOMES}
    figures["invited"] = sum(outcome["invited"] for outcome in outcomes)
    lines.append(messages.text("users.summary", **figures))
    if dry_run:
        lines.append(messages.text("users.dry-run"))
    return "\n".join(lines)


@command.command("list", help=messages.text("users.help-list"))
@click.argument("name", metavar="SLUG")
@consortium_option
@key_option
@json_option
def list_(folder: Path, name: str, private_key: Path | None, as_json: bool) -> None:
    """Show everybody."""
    from provisioner import deployment
    from provisioner.people import sending
    from provisioner.report.table import grid

    _slug, code = _whose(folder, name)
    people = sending.carry_out(folder, deployment.Options(private_key), code, {"do": "list"})
    if as_json:
        click.echo(json.dumps({"people": people}, ensure_ascii=False, indent=2, sort_keys=True))
        return
    rows = [
        [
            person["username"],
            f"{person['first_name']} {person['last_name']}",
            person["email"],
            ", ".join(person["groups"]),
            messages.text(f"users.state-{_state(person)}"),
        ]
        for person in people
    ]
    columns = [
        messages.text(f"users.column-{each}") for each in ("username", "name", "email", "groups", "state")
    ]
    click.echo(grid(columns, rows) if rows else messages.text("users.none"))


def _state(person: dict[str, Any]) -> str:
    if not person["enabled"]:
        return "disabled"
    return "waiting" if person["waiting"] else "active"


@command.command("disable", help=messages.text("users.help-disable"))
@click.argument("name", metavar="SLUG")
@click.argument("who", metavar="NAME")
@consortium_option
@key_option
def disable(folder: Path, name: str, who: str, private_key: Path | None) -> None:
    """Keep somebody out; exit code 4 when there's nobody of that name."""
    _switch(folder, name, who, private_key, "disable")


@command.command("enable", help=messages.text("users.help-enable"))
@click.argument("name", metavar="SLUG")
@click.argument("who", metavar="NAME")
@consortium_option
@key_option
def enable(folder: Path, name: str, who: str, private_key: Path | None) -> None:
    """Let somebody in again; exit code 4 when there's nobody of that name."""
    _switch(folder, name, who, private_key, "enable")


def _switch(folder: Path, name: str, who: str, private_key: Path | None, verb: str) -> None:
    from provisioner import deployment
    from provisioner.people import sending
    from provisioner.report.table import printable

    _slug, code = _whose(folder, name)
    (answer,) = sending.carry_out(folder, deployment.Options(private_key), code, {"do": verb, "name": who})
    done = verb if answer["outcome"] == "changed" else f"already-{verb}"
    click.echo(messages.text(f"users.{done}", name=printable(who)))
