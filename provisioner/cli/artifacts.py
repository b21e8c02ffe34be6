"""`nuage artifacts`: fetch, list, verify and add the release archives that servers get from this machine."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click
from rich.console import Console

from provisioner import messages
from provisioner.artifacts import adding, fetching, lockfile
from provisioner.artifacts.cache import Cache, digest_of, folder_from
from provisioner.artifacts.display import Display
from provisioner.artifacts.model import Pin
from provisioner.cli.console import consortium_option, json_option
from provisioner.errors import DifferenceError, InvalidInputError, Problem
from provisioner.folder import consortium_file
from provisioner.report import artifacts as report


@click.group(name="artifacts", help=messages.text("artifacts.help"))
def command() -> None:
    """`nuage artifacts`."""


@command.command("list", help=messages.text("artifacts.help-list"))
@consortium_option
@json_option
def list_(folder: Path, as_json: bool) -> None:
    """`nuage artifacts list`."""
    pins, cache = lockfile.load(folder), _cache()
    if as_json:
        told = {"cache": str(cache.folder), "artifacts": report.rows(pins, cache)}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    click.echo(report.table(pins, cache))
    click.echo(messages.text("artifacts.where", path=cache.folder))


@command.command("fetch", help=messages.text("artifacts.help-fetch"))
@consortium_option
@click.argument("names", nargs=-1, metavar="[NAME]...")
def fetch(folder: Path, names: tuple[str, ...]) -> None:
    """`nuage artifacts fetch`."""
    pins, cache = _named(lockfile.load(folder), names), _cache()
    with Display(Console(file=sys.stdout)) as display:
        fetched = fetching.fetch(pins, cache, _mirror(folder), display)
    click.echo(messages.text("artifacts.fetch-summary", fetched=len(fetched), total=len(pins)))


@command.command("verify", help=messages.text("artifacts.help-verify"))
@consortium_option
@click.argument("names", nargs=-1, metavar="[NAME]...")
def verify(folder: Path, names: tuple[str, ...]) -> None:
    """`nuage artifacts verify`."""
    cache, problems = _cache(), []
    held = [pin for pin in _named(lockfile.load(folder), names) if pin.sha256 and cache.holds(pin)]
    for pin in held:
        sha256 = str(pin.sha256)
        found = digest_of(cache.path(sha256))
        if found != sha256:
            cache.forget(sha256)
            context = {"name": pin.name, "version": pin.version, "path": str(cache.path(sha256))}
            problems.append(
                Problem("artifacts.cache-mismatch", context={**context, "expected": sha256, "got": found})
            )
            continue
        click.echo(messages.text("artifacts.verified", name=pin.name, version=pin.version, sha256=sha256))
    if problems:
        raise DifferenceError.of(problems)
    click.echo(messages.text("artifacts.verify-summary", count=len(held)))


@command.command("add", help=messages.text("artifacts.help-add"))
@consortium_option
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", default="", help=messages.text("artifacts.help-name"))
@click.option("--version", default="", help=messages.text("artifacts.help-version"))
@click.option("--licence", default="", help=messages.text("artifacts.help-licence"))
@click.option("--cache-only", is_flag=True, help=messages.text("artifacts.help-cache-only"))
def add(folder: Path, file: Path, name: str, version: str, licence: str, cache_only: bool) -> None:
    """`nuage artifacts add FILE`."""
    if not cache_only and not consortium_file(folder).is_file():
        raise InvalidInputError("artifacts.no-consortium", file=str(consortium_file(folder)))
    pin = adding.pin_of(file, adding.Told(name, version, licence), lockfile.load(None))
    pin = _cache().adopt(file, pin)
    shown = {"name": pin.name, "version": pin.version, "sha256": pin.sha256}
    if cache_only:
        click.echo(messages.text("artifacts.added-to-cache", **shown))
        return
    click.echo(messages.text("artifacts.added", **shown, path=lockfile.write(folder, [pin])))


def _cache() -> Cache:
    return Cache(folder_from(os.environ))


def _named(pins: dict[str, Pin], names: tuple[str, ...]) -> list[Pin]:
    unknown = [name for name in names if name not in pins]
    if unknown:
        raise InvalidInputError("artifacts.unknown", value=", ".join(unknown), names=", ".join(pins))
    return [pins[name] for name in names] or list(pins.values())


def _mirror(folder: Path) -> str:
    """The consortium's mirror; without a consortium there is none."""
    from provisioner.files import read_text
    from provisioner.spec import parsing

    path = consortium_file(folder)
    if not path.is_file():
        return ""
    return parsing.consortium(read_text(path).encode(), str(path)).artifact_mirror
