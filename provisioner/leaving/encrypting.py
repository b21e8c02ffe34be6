"""An export for nobody but the municipality: one file that its own key opens, in the folder's place.

`age` takes OpenSSH keys: the key that signs receipts is the one that opens. The plain folder goes once that is done.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from provisioner.errors import MachineError
from provisioner.leaving.store import SUMS, whole

PROGRAM = "age"
SUFFIX = ".tar.age"


def demand() -> None:
    """Say before anything is fetched that the program isn't here.

    Raises:
        MachineError: it isn't.
    """
    if shutil.which(PROGRAM) is None:
        raise MachineError("export.no-age")


def sealed(folder: Path) -> Path:
    """Where the encrypted export of a folder lies."""
    return folder.with_name(folder.name + SUFFIX)


def seal(folder: Path, key: str) -> Path:
    """Encrypt a complete export, and take the plain one away. Interrupted, it is done again.

    Raises:
        MachineError: `age` isn't here, or the disk is full; the plain folder stays.
    """
    demand()
    target = sealed(folder)
    partial = target.with_name(f".{target.name}.partial")
    # The key by a file, since whoever lists processes needn't know whose export this is.
    recipients = folder.with_name(f".{target.name}.key")
    try:
        recipients.write_text(f"{key}\n", encoding="ascii")
        _encrypt(folder, partial, recipients)
        with partial.open("rb") as stream:
            os.fsync(stream.fileno())
        partial.replace(target)
        shutil.rmtree(folder)
    except OSError as error:
        raise whole(error, target) from error
    finally:
        recipients.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)
    return target


def _encrypt(folder: Path, partial: Path, recipients: Path) -> None:
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        command = [PROGRAM, "--encrypt", "--recipients-file", str(recipients)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.PIPE)
        assert process.stdin is not None  # noqa: S101  a pipe
        try:
            with tarfile.open(fileobj=process.stdin, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                tar.add(folder, arcname=folder.name)
            process.stdin.close()
        except BrokenPipeError:
            pass
        process.stdin = None
        _, errors = process.communicate()
    if process.returncode != 0:
        detail = errors.decode(errors="replace").strip()
        raise MachineError("export.not-encrypted", file=str(partial), detail=detail)


def is_complete(folder: Path) -> bool:
    """Whether a folder holds a whole export that isn't encrypted yet."""
    return (folder / SUMS).is_file()
