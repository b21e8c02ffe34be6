"""The choice on disk, and who is noted in it without having asked: whoever begins with a Nextcloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from provisioner.artifacts.model import Pin
from provisioner.files import read_text, write_if_changed
from provisioner.spec.tenant import Tenant
from provisioner.upgrading.chosen import NAME, Choice, Chosen, parse, release_name, render


def read(folder: Path) -> Chosen:
    """What is noted; empty where nothing is.

    Raises:
        InvalidInputError: the file is damaged.
    """
    path = folder / NAME
    return parse(read_text(path), str(path)) if path.is_file() else Chosen()


def write(folder: Path, chosen: Chosen) -> None:
    """In one step, and only where it differs; nothing for a consortium without any Nextcloud."""
    if chosen.municipalities or (folder / NAME).exists():
        write_if_changed(folder / NAME, render(chosen))


def completed(chosen: Chosen, tenants: Iterable[Tenant], pins: Mapping[str, Pin]) -> Chosen:
    """The same with every municipality that lives somewhere: who isn't noted begins with the release of ``pins``.

    Nobody leaves it: what a removed one has still runs its release, for when it comes back.
    """
    for tenant in tenants:
        if tenant.services.nextcloud is not None and tenant.code not in chosen.municipalities:
            chosen = chosen.with_choice(tenant.code, Choice(release=release_name(pins)), pins)
    return chosen
