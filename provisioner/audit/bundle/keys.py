"""Key files in OpenSSH's forms, Ed25519 alone: the private key that seals, and public keys that an auditor trusts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_ssh_private_key,
)

from provisioner.audit.bundle import sshsig
from provisioner.errors import InvalidInputError, MachineError, RefusedError
from provisioner.files import read_text

Keys = TypeVar("Keys")


def generate(path: Path) -> str:
    """Write a new private key to ``path`` (mode 0600) and its public key beside it; the public key's line.

    Raises:
        RefusedError: there is a file already; it isn't touched.
        MachineError: it can't be written.
    """
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    line = sshsig.key_text(key.public_key().public_bytes_raw())
    public = path.with_name(path.name + ".pub")
    for file, content, mode in ((path, text, 0o600), (public, f"{line}\n".encode(), 0o644)):
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        except FileExistsError as error:
            raise RefusedError("audit-seal.key-exists", file=str(file)) from error
        except OSError as error:
            raise MachineError(
                "files.cannot-write", file=str(file), detail=os.strerror(error.errno or 0)
            ) from error
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    return line


def private(path: Path) -> Ed25519PrivateKey:
    """The key of an OpenSSH private key file.

    Raises:
        MachineError: it can't be read.
        RefusedError: others than its owner may read it.
        InvalidInputError: it has a passphrase, or it isn't an Ed25519 key.
    """
    text = read_text(path)
    if path.stat().st_mode & 0o077:
        raise RefusedError("audit-seal.key-mode", file=str(path), mode=f"{path.stat().st_mode & 0o777:04o}")
    try:
        key = load_ssh_private_key(text.encode(), password=None)
    except TypeError as error:
        raise InvalidInputError("audit-seal.key-encrypted", file=str(path)) from error
    except ValueError as error:
        raise InvalidInputError("audit-seal.key-unreadable", file=str(path)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInputError("audit-seal.key-unreadable", file=str(path))
    return key


def public(path: Path) -> frozenset[bytes]:
    """The keys of a file with lines `ssh-ed25519 AAAA… [comment]`.

    Raises:
        MachineError: it can't be read.
        InvalidInputError: a line is something else, or there is none.
    """
    return frozenset(_read(path, sshsig.public_keys, "audit-seal.not-a-key"))


def named(path: Path) -> dict[str, bytes]:
    """The keys of a file with lines `NAME ssh-ed25519 AAAA… [comment]`, by name; errors as `public`."""
    return _read(path, sshsig.named_keys, "audit-seal.not-a-named-key")


def _read(path: Path, parse: Callable[[str], Keys], key: str) -> Keys:
    try:
        return parse(read_text(path))
    except ValueError as error:
        line = int(str(error).partition(":")[0])
        raise InvalidInputError(key if line else "audit-seal.no-key", file=str(path), line=line) from error
