"""`nuage secrets`: the names of the vault's secrets, and one of them on the terminal."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from provisioner import messages
from provisioner.cli.console import consortium_option, json_option
from provisioner.errors import InvalidInputError, RefusedError
from provisioner.inventory import given


@click.group(help=messages.text("secrets.help"))
def command() -> None:
    """Secrets of the municipalities."""


@command.command("list", help=messages.text("secrets.help-list"))
@consortium_option
@json_option
def list_names(folder: Path, as_json: bool) -> None:
    """Names only: nothing secret is printed."""
    names = {code: sorted(held) for code, held in sorted(_unlocked(folder).items())}
    if as_json:
        click.echo(json.dumps(names, indent=2))
        return
    for code, held in names.items():
        click.echo(f"{code}  {', '.join(held)}")


@command.command("show", help=messages.text("secrets.help-show"))
@consortium_option
@click.argument("code")
@click.argument("name")
@click.option("--force", is_flag=True, help=messages.text("secrets.help-force"))
def show(folder: Path, code: str, name: str, force: bool) -> None:
    """One secret, to a terminal only: a file or a pipe must be asked for."""
    if not sys.stdout.isatty() and not force:
        raise RefusedError("secrets.not-a-terminal")
    held = _unlocked(folder)
    if name not in held.get(code, {}):
        raise InvalidInputError("secrets.unknown", code=code, name=name)
    click.echo(held[code][name])


@command.command("set", help=messages.text("secrets.help-set"))
@consortium_option
@click.argument("slug")
@click.argument("name", type=click.Choice(given.NAMES))
def set_one(folder: Path, slug: str, name: str) -> None:
    """Keep a secret that the municipality has from elsewhere: typed, or read from standard input."""
    from provisioner import deployment
    from provisioner import folder as folders
    from provisioner.files import locked
    from provisioner.inventory.vault_password import terminal, vault_password

    (code,) = deployment.codes(folders.load(folder).tenants, (slug,))
    if sys.stdin.isatty():
        value = click.prompt(
            messages.text("secrets.prompt-value", name=name), hide_input=True, prompt_suffix=""
        )
    else:
        value = sys.stdin.read().rstrip("\r\n")
    if not value or "\n" in value:
        raise InvalidInputError("secrets.not-one-line", subject=name)
    with locked(folder):
        kept = given.keep(folder, code, name, value, vault_password(os.environ, terminal()))
    click.echo(messages.text("secrets.kept", path=kept.relative_to(folder)))


def _unlocked(folder: Path) -> dict[str, dict[str, str]]:
    from provisioner.files import read_text
    from provisioner.inventory import vault
    from provisioner.inventory.vault_password import terminal, vault_password

    path = folder / vault.NAME
    return vault.unlock(read_text(path), vault_password(os.environ, terminal()), str(path))
