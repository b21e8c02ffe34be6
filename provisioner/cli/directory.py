"""`nuage directory`: import and search the Répertoire des municipalités."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from provisioner import messages, tables
from provisioner.cli.console import json_option
from provisioner.directory import official, store
from provisioner.directory.search import Match, search


@click.group(name="directory", help=messages.text("directory.help"))
def command() -> None:
    """`nuage directory`."""


@command.command("import", help=messages.text("directory.help-import"))
@click.argument("file", metavar="MUN.csv", type=click.Path(path_type=Path))
@json_option
def import_(file: Path, as_json: bool) -> None:
    """`nuage directory import MUN.csv`."""
    directory = official.read(tables.read_bytes(file), str(file))
    path = store.path_from(os.environ)
    store.save(directory, path)
    source = asdict(directory.source)
    if as_json:
        click.echo(json.dumps({"path": str(path), **source}))
        return
    click.echo(messages.text("directory.imported", **source))
    click.echo(messages.text("directory.imported-source", **source))
    click.echo(messages.text("directory.imported-where", path=path))


@command.command("search", help=messages.text("directory.help-search"))
@click.argument("query", metavar="NAME|CODE")
@click.option("--limit", default=20, type=click.IntRange(1), help=messages.text("directory.help-limit"))
@json_option
def search_(query: str, limit: int, as_json: bool) -> None:
    """`nuage directory search NAME|CODE`."""
    matches = search(store.load(), query, limit + 1)
    more = len(matches) > limit
    matches = matches[:limit]
    if as_json:
        rows = [{"match": m.kind, "likeness": m.likeness, **asdict(m.municipality)} for m in matches]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not matches:
        click.echo(messages.text("directory.nothing", query=query))
        return
    if matches[0].kind == "near":
        click.echo(messages.text("directory.near", query=query))
    _table(matches)
    if more:
        click.echo(messages.text("directory.more"))


def _table(matches: list[Match]) -> None:
    columns = ("code", "name", "designation", "mrc", "population")
    rows = [[messages.text(f"directory.column-{column}") for column in columns]]
    for match in matches:
        one = match.municipality
        people = one.population
        shown = messages.text("directory.unknown-population") if people is None else f"{people:,}"
        shown = shown.replace(",", "\u00a0") if messages.current() == "fr" else shown
        rows.append([one.code, one.name, one.designation, one.mrc or one.region, shown])
    widths = [max(len(row[i]) for row in rows) for i in range(len(columns))]
    for number, row in enumerate(rows):
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        line = "  ".join([*cells, row[-1].rjust(widths[-1])])
        click.echo(click.style(line, bold=True) if number == 0 else line)
