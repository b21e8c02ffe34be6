"""`nuage audit import FILE...`: keep copies of the Internet's registries, to know offline who holds an address."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from provisioner import messages
from provisioner.audit.registries import store
from provisioner.cli.console import json_option
from provisioner.errors import InvalidInputError, MachineError, NuageError


@click.command(name="import", help=messages.text("audit-import.help"))
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help=messages.text("audit-import.help-date"),
)
@json_option
def command(files: tuple[Path, ...], day: datetime | None, as_json: bool) -> None:
    """Every file is tried; what is wrong with any of them is told together."""
    folder = store.folder_from(os.environ)
    taken, wrong = [], []
    for file in files:
        try:
            taken.append(store.take(file, folder, day.date() if day else None))
        except (InvalidInputError, MachineError) as error:
            wrong.append(error)
            continue
        if not as_json:
            told = asdict(taken[-1])
            click.echo(messages.text(f"audit-import.taken-{taken[-1].kind}", **told))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in taken], ensure_ascii=False, indent=2))
    elif taken:
        click.echo(messages.text("audit-import.where", path=folder))
    if wrong:
        kind: type[NuageError] = type(wrong[0])
        raise kind.of([problem for error in wrong for problem in error.problems])
