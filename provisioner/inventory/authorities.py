"""Authorities of municipalities' directories and providers that sign-in servers trust: PEM files beside the specs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from provisioner.errors import InvalidInputError, Problem
from provisioner.files import read_text


def read(folder: Path, names: Iterable[str]) -> tuple[str, ...]:
    """The files' texts. A sign-in server doesn't start with one that holds anything but certificates.

    Raises:
        InvalidInputError: every file that isn't one.
        MachineError: a file can't be read.
    """
    texts = {name: read_text(folder / name) for name in names}
    wrong = [name for name, text in texts.items() if not _certificates_alone(text)]
    if wrong:
        raise InvalidInputError.of(
            [Problem("build.not-an-authority", file=str(folder / name)) for name in wrong]
        )
    return tuple(texts.values())


def _certificates_alone(text: str) -> bool:
    from cryptography import x509

    try:
        return "PRIVATE KEY" not in text and bool(x509.load_pem_x509_certificates(text.encode()))
    except ValueError:
        return False
