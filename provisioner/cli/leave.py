"""`nuage leave`: a municipality's departure, a step at a time: notice, export, receipt, destruction, certificate."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner import messages
from provisioner.cli.connection import key_option
from provisioner.cli.console import consortium_option, json_option

if TYPE_CHECKING:
    from provisioner.leaving.departures import Departure

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(name="leave", help=messages.text("leave.help"))
@click.argument("name", metavar="SLUG")
@click.option(
    "--notice", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help=messages.text("leave.help-notice")
)
@click.option("--reason", default="", help=messages.text("leave.help-reason"))
@click.option("--export", "export", is_flag=True, help=messages.text("leave.help-export"))
@click.option(
    "--to", "target", type=click.Path(file_okay=False, path_type=Path), help=messages.text("export.help-to")
)
@click.option("--receipt", type=FILE, metavar="FILE", help=messages.text("leave.help-receipt"))
@click.option("--destroy", is_flag=True, help=messages.text("leave.help-destroy"))
@click.option(
    "--consent-destroy", "consent", default="", metavar="CODE", help=messages.text("leave.help-consent")
)
@click.option(
    "--receipt-digest", "digest", default="", metavar="DIGEST", help=messages.text("leave.help-digest")
)
@click.option("--copies", is_flag=True, help=messages.text("leave.help-copies"))
@click.option("--certificate", "key", type=FILE, metavar="KEY", help=messages.text("leave.help-certificate"))
@consortium_option
@key_option
@json_option
def command(
    folder: Path,
    name: str,
    notice: datetime | None,
    reason: str,
    export: bool,
    target: Path | None,
    receipt: Path | None,
    destroy: bool,
    consent: str,
    digest: str,
    copies: bool,
    key: Path | None,
    private_key: Path | None,
    as_json: bool,
) -> None:
    """Do one step, or say which is next; exit code 4 out of turn or without consent, 9 when something is left."""
    from provisioner.errors import UsageError

    steps = {"notice": notice, "export": export, "receipt": receipt, "destroy": destroy}
    steps |= {"copies": copies, "certificate": key}
    asked = [step for step, value in steps.items() if value]
    if len(asked) > 1:
        raise UsageError("leave.one-step", value=", ".join(asked))
    if notice:
        _notice(folder, name, notice.date(), reason)
    elif export:
        _export(folder, name, target, private_key)
    elif receipt:
        _receipt(folder, name, receipt)
    elif destroy:
        _destroy(folder, name, (consent, digest), private_key)
    elif copies:
        _copies(folder, name, consent, private_key)
    elif key:
        _certificate(folder, name, key)
    _status(folder, name, as_json=as_json)


def _today() -> date:
    return datetime.now(UTC).date()


def _read(folder: Path, name: str) -> Departure:
    from provisioner import folder as folders
    from provisioner.leaving import departures

    return departures.read(folder, folders.load(folder).tenants, name)


def _by() -> str:
    import getpass
    import os

    return os.environ.get("SUDO_USER") or os.environ.get("USER") or getpass.getuser()


def _notice(folder: Path, name: str, until: date, reason: str) -> None:
    from provisioner.requests import book
    from provisioner.requests.states import Change

    book.change(folder, name, Change("leave", _by(), datetime.now(UTC), reason, until))


def _export(folder: Path, name: str, target: Path | None, private_key: Path | None) -> None:
    from rich.console import Console

    from provisioner import deployment
    from provisioner.execution.progress import Display
    from provisioner.files import write_atomic
    from provisioner.leaving import departures, exporting, receipts

    of = _read(folder, name)
    if of.next_step(_today()) not in ("export", "receipt", "wait", "destroy") or of.of(departures.BEGUN):
        departures.demand(of, "export", _today())
    assert of.tenant is not None  # noqa: S101  a municipality that leaves has a spec
    with Display(Console(stderr=True), lambda host: host) as display:
        watch = exporting.Watch(display.handle, lambda brought, needed: None)
        done = exporting.export(
            folder, name, target, deployment.Options(private_key), watch, only_leaving=True
        )
    paper = done.folder.with_name(f"{done.folder.name}.{receipts.FILE}")
    write_atomic(paper, receipts.to_sign(of.tenant.name, of.code, done.digest))
    context = {"manifest": done.digest, "files": done.files, "bytes": done.size, "place": str(done.where)}
    departures.note(folder, of, departures.EXPORT, **context)
    click.echo(messages.text("leave.exported", folder=done.where, receipt=paper), err=True)


def _receipt(folder: Path, name: str, path: Path) -> None:
    from dataclasses import asdict

    from provisioner.leaving import departures, receipts

    of = _read(folder, name)
    departures.demand(of, "receipt", _today())
    departures.note(folder, of, departures.RECEIPT, **asdict(receipts.read(of, path)))


def _destroy(folder: Path, name: str, given: tuple[str, str], private_key: Path | None) -> None:
    from rich.console import Console

    from provisioner import deployment
    from provisioner.execution.progress import Display
    from provisioner.leaving import departures, destroying

    of = _read(folder, name)
    departures.demand(of, "destroy", _today())
    destroying.demand_consent(of, *given)
    with Display(Console(stderr=True), lambda host: host) as display:
        destroying.destroy(folder, of, deployment.Options(private_key), display.handle, _by())


def _copies(folder: Path, name: str, consent: str, private_key: Path | None) -> None:
    from rich.console import Console

    from provisioner import deployment
    from provisioner.execution.progress import Display
    from provisioner.leaving import departures, destroying

    of = _read(folder, name)
    departures.demand(of, "copies", _today())
    with Display(Console(stderr=True), lambda host: host) as display:
        destroying.destroy_copies(folder, of, deployment.Options(private_key), display.handle, consent)


def _certificate(folder: Path, name: str, key: Path) -> None:
    from provisioner.leaving import certificates, departures

    of = _read(folder, name)
    departures.demand(of, "certificate", _today())
    place, signer = certificates.write(folder, of, key)
    copies = bool(of.of(departures.COPIES))
    departures.note(folder, of, departures.CERTIFIED, place=str(place), key=signer, copies=copies)


def _status(folder: Path, name: str, *, as_json: bool) -> None:
    from provisioner.leaving import departures

    of = _read(folder, name)
    step = of.next_step(_today())
    done = {kind: one["noted"] for kind, one in of.notes.items()}
    if as_json:
        shown: dict[str, object] = {"slug": of.slug, "code": of.code, "next": step, "done": done}
        shown |= {
            "manifest": of.of(departures.EXPORT).get("manifest"),
            "receipt": of.of(departures.RECEIPT).get("digest"),
        }
        click.echo(json.dumps(shown, indent=2, sort_keys=True))
        return
    for kind, at in sorted(done.items(), key=lambda item: item[1]):
        click.echo(messages.text(f"leave.did-{kind}", at=at))
    until = of.tenant.leaving_until if of.tenant else None
    receipt = str(of.of(departures.RECEIPT).get("digest", ""))[:12]
    context = {"slug": of.slug, "code": of.code, "until": until, "receipt": receipt}
    context["copies"] = of.of(departures.BEGUN).get("copies_until")
    click.echo(messages.text(f"leave.next-{step}", **context))
