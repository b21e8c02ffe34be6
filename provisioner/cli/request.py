"""`nuage request`: from a municipality's request to an approved spec, and later changes of state."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from provisioner import messages, tables
from provisioner.cli.console import consortium_option, json_option
from provisioner.directory import search, store
from provisioner.directory.municipality import Municipality
from provisioner.errors import UsageError
from provisioner.files import write_atomic
from provisioner.requests import book, draft, form, sources
from provisioner.requests.fields import BY_NAME, FIELDS, Field, accepted
from provisioner.requests.states import TRANSITIONS, Change
from provisioner.spec.tenant import State, Tenant

Command = Callable[..., Any]


@click.group(name="request", help=messages.text("request.help"))
def command() -> None:
    """`nuage request`."""


def _by() -> str:
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or getpass.getuser()


def _by_option(function: Command) -> Command:
    return click.option("--by", default=_by, help=messages.text("request.help-by"))(function)


def _reason_option(function: Command) -> Command:
    return click.option("--reason", default="", help=messages.text("request.help-reason"))(function)


_ASKED = [field for field in FIELDS if field.name not in {"code", "name", "consent", "note"}]


def _field_options(function: Command) -> Command:
    for field in reversed(_ASKED):
        function = click.option(
            "--" + field.name.replace("_", "-"), field.name, help=messages.text(f"request.field-{field.name}")
        )(function)
    return function


@command.command(help=messages.text("request.help-new"))
@click.argument("code", metavar="CODE")
@_field_options
@_reason_option
@_by_option
@consortium_option
def new(code: str, reason: str, by: str, folder: Path, **given: str | None) -> None:
    """`nuage request new CODE`."""
    directory = store.load()
    one = search.find(directory, code)
    book.expect_new(folder, one.code)
    values = {"code": one.code, **{name: value for name, value in given.items() if value}}
    missing = [field for field in FIELDS if field.required and field.name not in values]
    if missing and not sys.stdin.isatty():
        flags = ", ".join(draft.heading_flags()[field.name] for field in missing)
        raise UsageError("request.missing-flags", subject=search.label(one), flags=flags)
    if missing:
        click.echo(messages.text("request.asking", name=search.label(one), code=one.code))
    for field in _to_ask(missing, values):
        answer = "" if field.name == "accounts" and "nextcloud" in values else _ask(field, one, values)
        if answer:
            values[field.name] = answer
    entry = sources.Entry("", 0, values, draft.heading_flags())
    found = book.add(folder, [entry], directory, draft.Signature(by, draft.now(), reason))
    for slug, tenant in found.items():
        click.echo(messages.text("request.written", slug=slug, name=tenant.name, code=tenant.code))


def _to_ask(missing: list[Field], values: dict[str, str]) -> list[Field]:
    """What is missing; Nextcloud and accounts with it, unless flags said something of either."""
    offered = set() if {"nextcloud", "accounts"} & set(values) or not missing else {"nextcloud", "accounts"}
    return [field for field in FIELDS if field in missing or field.name in offered]


def _ask(field: Field, one: Municipality, values: dict[str, str]) -> str:
    """A person's answer, as it is kept; empty when they want no Nextcloud."""
    default = {
        "website": one.website,
        "accounts": messages.text("request.no"),
        "privacy_name": values.get("administrator_name"),
        "privacy_email": values.get("administrator_email"),
    }.get(field.name)

    while True:
        question = messages.text(f"request.field-{field.name}")
        if field.name == "nextcloud":
            answer = click.prompt(question, default="", show_default=False)
        else:
            answer = click.prompt(question, default=default or None)
        if not answer.strip() and field.name == "nextcloud":
            return ""
        kept = accepted(field, answer.strip())
        if kept is not None:
            return kept
        click.echo("  " + messages.text(f"request.{field.problem}", value=answer), err=True)
        click.echo("  → " + messages.text(f"request.{field.problem}.fix"), err=True)


@command.command("import", help=messages.text("request.help-import"))
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@_reason_option
@_by_option
@json_option
@consortium_option
def import_(files: tuple[Path, ...], reason: str, by: str, as_json: bool, folder: Path) -> None:
    """`nuage request import FILE…`."""
    entries = sources.read_all([(tables.read_bytes(path), str(path)) for path in files])
    found = book.add(folder, entries, store.load(), draft.Signature(by, draft.now(), reason))
    if as_json:
        click.echo(json.dumps([_facts(slug, tenant) for slug, tenant in found.items()], ensure_ascii=False))
        return
    for slug, tenant in found.items():
        click.echo(f"  {tenant.code}  {slug}")
    click.echo(messages.text("request.imported", count=len(found)))


@command.command("form", help=messages.text("request.help-form"))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("demande.html"),
    help=messages.text("request.help-output"),
)
@click.option("--email", default="", help=messages.text("request.help-email"))
def form_(output: Path, email: str) -> None:
    """`nuage request form`."""
    if email and accepted(BY_NAME["administrator_email"], email) is None:
        raise UsageError("request.bad-email", subject="--email", value=email)
    content = form.page(store.load(), email)
    if str(output) == "-":
        click.echo(content, nl=False)
        return
    write_atomic(output, content)
    click.echo(messages.text("request.form-written", path=output))


@command.command("list", help=messages.text("request.help-list"))
@click.option("--all", "everything", is_flag=True, help=messages.text("request.help-all"))
@json_option
@consortium_option
def list_(everything: bool, as_json: bool, folder: Path) -> None:
    """`nuage request list`."""
    found = book.listing(folder, lambda tenant: everything or tenant.state is State.REQUESTED)
    if as_json:
        rows = [_facts(slug, tenant) for slug, tenant in found.items()]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo(messages.text("request.none-all" if everything else "request.none"))
        return
    columns = ("code", "slug", "state", "services", "site", "when", "by")
    headings = [messages.text(f"request.column-{name}") for name in columns]
    _table([headings, *(_row(slug, tenant) for slug, tenant in found.items())])


def _facts(slug: str, tenant: Tenant) -> dict[str, object]:
    return {
        "slug": slug,
        "code": tenant.code,
        "name": tenant.name,
        "state": tenant.state.value,
        "website": tenant.domains.website,
        "nextcloud": tenant.domains.nextcloud,
        "services": list(tenant.services.names),
        "history": [event.model_dump(mode="json") for event in tenant.history],
    }


def _row(slug: str, tenant: Tenant) -> list[str]:
    last = tenant.history[-1] if tenant.history else None
    when = last.at.date().isoformat() if last else ""
    state = messages.text(f"request.state-{tenant.state.value}")
    asked = [name for name in ("wordpress", "nextcloud", "identity") if name in tenant.services.names]
    services = ", ".join(messages.text(f"request.service-{name}") for name in asked)
    return [tenant.code, slug, state, services, tenant.domains.website, when, last.by if last else ""]


def _table(rows: list[list[str]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for number, row in enumerate(rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        click.echo(click.style(line, bold=True) if number == 0 else line)


def _change(folder: Path, slug: str, asked: Change) -> None:
    name, before, tenant = book.change(folder, slug, asked)
    states = {
        "before": messages.text(f"request.state-{before.value}"),
        "after": messages.text(f"request.state-{tenant.state.value}"),
    }
    click.echo(messages.text("request.changed", slug=name, name=tenant.name, **states))


def _verb(action: str) -> Command:
    """The command of one transition; `leave` has a date as well, see below."""

    @click.argument("slug", metavar="SLUG|CODE")
    @_reason_option
    @_by_option
    @consortium_option
    def run(slug: str, reason: str, by: str, folder: Path, until: datetime | None = None) -> None:
        last_day = until.date() if until else None
        _change(folder, slug, Change(action, by, draft.now(), reason, last_day))

    run.__doc__ = f"`nuage request {action} SLUG`."
    return run


for _action in TRANSITIONS:
    _run = _verb(_action)
    if _action == "leave":
        _run = click.option(
            "--until",
            type=click.DateTime(["%Y-%m-%d"]),
            required=True,
            help=messages.text("request.help-until"),
        )(_run)
    command.command(_action, help=messages.text(f"request.help-{_action}"))(_run)
