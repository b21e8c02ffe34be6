"""What `nuage move` and `nuage evacuate` share: the folder's lock, a display, consent; no command of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner import messages
from provisioner.errors import RefusedError

if TYPE_CHECKING:
    from provisioner.moving.carrying import Work
    from provisioner.spec.tenant import Tenant


@contextmanager
def working(folder: Path, private_key: Path | None) -> Iterator[tuple[Work, Mapping[str, Tenant]]]:
    """While this lasts nobody else works in the folder, and a person sees what goes on."""
    from rich.console import Console

    from provisioner import deployment, workflow
    from provisioner.execution.progress import Display
    from provisioner.files import locked
    from provisioner.inventory.vault_password import handed_on, terminal, vault_password
    from provisioner.moving.carrying import Work
    from provisioner.report.run import labels

    tenants = workflow.prepare(folder).specs.tenants
    options = deployment.Options(private_key)
    console = Console(stderr=True)
    with (
        locked(folder),
        handed_on(os.environ, terminal()),
        Display(console, labels(tenants)) as display,
    ):
        yield (
            Work(folder, options, lambda: vault_password(os.environ), display.handle, _say),
            tenants,
        )


def codes(tenants: Mapping[str, Tenant], names: tuple[str, ...]) -> frozenset[str]:
    """Codes of the municipalities that ``names`` name."""
    from provisioner import deployment

    return deployment.codes(tenants, names)


def _say(key: str, context: dict[str, object]) -> None:
    click.echo(messages.text(key, **context), err=True)


def asking(slug: str, code: str, given: Mapping[str, str], server: str) -> Callable[[str], None]:
    """Asks for the municipality's code where it wasn't given; another one is no consent."""

    def ask(what: str) -> None:
        said = given[what]
        if not said:
            question = messages.text(f"moving.consent-{what}", slug=slug, code=code, server=server)
            said = click.prompt(question, err=True, default="")
        if said != code:
            raise RefusedError(f"moving.no-consent-{what}", subject=slug, code=code)

    return ask


def dns_changes(folder: Path, slug: str) -> str:
    """The records that are to be changed now, as `nuage dns` tells them; nothing where no resolver answers."""
    from provisioner.dns.survey import survey
    from provisioner.errors import UnreachableError
    from provisioner.report.dns import survey_text

    try:
        return survey_text(survey(folder, slug))
    except UnreachableError:
        return messages.text("moving.dns-unknown", slug=slug) + "\n"
