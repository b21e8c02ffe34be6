"""Secrets that a municipality has from elsewhere, such as the password of its directory's account.

Each is an Ansible vault of its own beside the specs, so that its name says that it is there, whoever knows the
password; those that are generated here lie together in `vault`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from provisioner.files import read_text, write_atomic
from provisioner.inventory.values import Reference
from provisioner.planning.canonical import digest
from provisioner.spec.tenant import Tenant

FOLDER = "secrets"
"""Beside consortium.yml."""

NAMES = ("broker_client_secret", "ldap_bind_password")


def wanted(tenant: Tenant) -> Iterator[str]:
    """Names of the secrets that the municipality's spec needs."""
    identity = tenant.services.identity
    if identity is not None and identity.broker is not None:
        yield "broker_client_secret"
    if identity is not None and identity.federation is not None:
        yield "ldap_bind_password"


def path(code: str, name: str) -> Path:
    """Where a secret lies, relative to the specs' folder."""
    return Path(FOLDER, f"{code}.{name}.vault")


def missing(folder: Path, tenants: Iterable[Tenant]) -> list[tuple[str, str]]:
    """Code and name of each secret that is needed and not there."""
    return sorted(
        (tenant.code, name)
        for tenant in tenants
        for name in wanted(tenant)
        if not (folder / path(tenant.code, name)).is_file()
    )


def digests(folder: Path, tenants: Iterable[Tenant]) -> dict[str, str]:
    """By code, what changes whenever one of the municipality's secrets is set.

    Of the encrypted files, whose salt is random: it tells nothing of what is in them, and needs no password.

    Raises:
        MachineError: a file can't be read.
    """
    found: dict[str, str] = {}
    for tenant in tenants:
        files = [folder / path(tenant.code, name) for name in sorted(wanted(tenant))]
        texts = [read_text(file) for file in files if file.is_file()]
        if texts:
            found[tenant.code] = digest(texts)
    return found


def keep(folder: Path, code: str, name: str, value: str, password: bytes) -> Path:
    """Write a secret, encrypted; where it is.

    Raises:
        MachineError: the folder can't be written.
    """
    from ansible.parsing.vault import VaultLib, VaultSecret

    secret = VaultSecret(password)
    target = folder / path(code, name)
    target.parent.mkdir(mode=0o700, exist_ok=True)
    write_atomic(target, VaultLib([("default", secret)]).encrypt(value.encode(), secret=secret), 0o600)
    return target


def reference(code: str, name: str) -> Reference:
    """How the inventory names it."""
    place = f"inventory_dir | dirname ~ '/{path(code, name)}'"
    return Reference(f"{{{{ lookup('ansible.builtin.unvault', {place}) }}}}")
