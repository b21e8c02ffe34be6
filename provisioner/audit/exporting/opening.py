"""A bundle for those who present what it says; `nuage audit verify` says what is wrong with one."""

from __future__ import annotations

import os
from pathlib import Path

from provisioner.audit.bundle import layout, reading, verifying
from provisioner.audit.bundle.reading import Bundle
from provisioner.audit.controls.judge import judge_all
from provisioner.audit.exporting.dossier import Dossier
from provisioner.errors import DifferenceError, InvalidInputError, MachineError

_NEEDED = (layout.AUDIT, layout.CONSORTIUM, layout.FINDINGS)


def bundle(path: Path, keys: frozenset[bytes] | None = None) -> Bundle:
    """The bundle at ``path``, a folder or a tar, whole enough to be presented; verified where ``keys`` are given.

    Raises:
        MachineError: it can't be read.
        InvalidInputError: it is no bundle, or its form is off.
        DifferenceError: it isn't valid, as far as these public keys can tell.
    """
    try:
        found, faults = reading.read(path)
    except OSError as error:
        raise MachineError(
            "files.cannot-read", file=str(path), detail=os.strerror(error.errno or 0)
        ) from error
    for name in _NEEDED:
        try:
            found.json(name)
        except (KeyError, ValueError) as error:
            raise InvalidInputError("audit-report.not-a-bundle", file=str(path), value=name) from error
    if faults:
        raise InvalidInputError("audit-report.off-form", file=str(path), value=faults[0].path)
    if keys is not None:
        wrong = verifying.verify(found, faults, verifying.Expected(keys), judge_all).faults
        if wrong:
            raise DifferenceError(
                "audit-report.not-valid", file=str(path), count=len(wrong), value=wrong[0].path
            )
    return found


def dossier(path: Path, keys: frozenset[bytes] | None = None) -> Dossier:
    """What the bundle at ``path`` says. Raises as `bundle` does."""
    return Dossier(bundle(path, keys).documents())
