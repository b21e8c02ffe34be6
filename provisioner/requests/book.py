"""Requests in a consortium's folder: the only module of this room that reads and writes specs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from provisioner import folder as specs
from provisioner.directory.municipality import Directory
from provisioner.directory.names import LONGEST
from provisioner.errors import InvalidInputError
from provisioner.files import locked
from provisioner.requests import incoming, staging, states
from provisioner.requests.draft import Frame, Signature
from provisioner.requests.sources import Entry
from provisioner.requests.states import Change
from provisioner.spec.tenant import State, Tenant
from provisioner.spec.writing import tenant_text


def add(
    folder: Path, entries: Iterable[Entry], directory: Directory, signature: Signature
) -> dict[str, Tenant]:
    """Write every entry as a tenant in state `requested`, all of them or none; the new tenants by slug.

    Raises:
        InvalidInputError: something is wrong in an entry, or in the folder as it is; nothing was written.
        LockedError: another run works in the folder.
    """
    _expect_consortium(folder)
    with locked(folder):
        staging.recover(folder / "tenants")
        book = specs.load(folder)
        frame = Frame(directory, book.consortium.rings, book.consortium.language, signature)
        found = incoming.tenants(entries, frame, book)
        staging.write_all(
            folder / "tenants", {f"{slug}.yml": tenant_text(tenant) for slug, tenant in found.items()}
        )
    return found


def expect_new(folder: Path, code: str) -> None:
    """Fail early, before a person is asked for anything, when the municipality is there already.

    Raises:
        InvalidInputError: it is, or the folder isn't valid.
    """
    for slug, tenant in specs.load(folder).tenants.items():
        if tenant.code == code:
            raise InvalidInputError(
                "request.already-there", subject=slug, slug=slug, code=code, state=tenant.state.value
            )


def change(folder: Path, name: str, asked: Change) -> tuple[str, State, Tenant]:
    """Bring one municipality, given by slug or code, to another state: slug, former state, new tenant.

    Raises:
        RefusedError: its state doesn't allow it.
        InvalidInputError: there is no such municipality, or its spec isn't valid.
    """
    _expect_consortium(folder)
    with locked(folder):
        staging.recover(folder / "tenants")
        slug = slug_of(folder, name)
        before = specs.read_tenant(folder, slug)
        after = states.changed(slug, before, asked)
        specs.write_tenant(folder, slug, after)
    return slug, before.state, after


def listing(folder: Path, wanted: Callable[[Tenant], bool]) -> dict[str, Tenant]:
    """The tenants that ``wanted`` keeps, by slug."""
    return {slug: tenant for slug, tenant in specs.load(folder).tenants.items() if wanted(tenant)}


def slug_of(folder: Path, name: str) -> str:
    """``name``, or the slug of the tenant whose code it is."""
    if len(name) > LONGEST:  # the file system would refuse the name
        raise InvalidInputError("spec.no-tenant", file=str(folder), value=name[:LONGEST] + "…")
    if not (len(name) == 5 and name.isdigit()) or specs.tenant_file(folder, name).exists():
        return name
    found = [slug for slug, tenant in specs.load(folder).tenants.items() if tenant.code == name]
    return found[0] if found else name


def _expect_consortium(folder: Path) -> None:
    # Taking the lock creates the folder: a mistyped path must not leave one behind.
    path = specs.consortium_file(folder)
    if not path.is_file():
        raise InvalidInputError("spec.no-consortium", file=str(path))
