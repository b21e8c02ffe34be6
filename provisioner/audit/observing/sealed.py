"""From what was collected to a bundle on disk: a folder, and the same as one tar beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from provisioner.audit import standalone
from provisioner.audit.bundle import keys, reading, sealing, timestamp
from provisioner.audit.bundle.log import AuditLog
from provisioner.audit.bundle.sealing import Sealer
from provisioner.audit.controls.judge import judge_all
from provisioner.errors import RefusedError

LOG = "audit-log"
"""Beside the specs; what other municipalities cosign."""


def sealer(key: Path, log: Path, output: Path, authority: str | None = None) -> Sealer:
    """Who seals, asked for before anything is collected: what would be refused at the end is refused now.

    ``authority`` is the address of the time-stamp authority that is asked at the end, if there is one.

    Raises:
        InvalidInputError: the file has no Ed25519 key, or the log isn't what its checkpoint says.
        RefusedError: others may read the key, or there is a bundle already.
        MachineError: a file can't be read.
    """
    for path in (output, tar(output)):
        if path.exists():
            raise RefusedError("audit-seal.output-exists", file=str(path))
    stamp = timestamp.asker(authority) if authority else None
    return Sealer(keys.private(key), log, judge_all, standalone.companions(), stamp)


def previous(log: Path) -> str | None:
    """The newest audit in the log."""
    return AuditLog(log).last() if log.is_dir() else None


def tar(output: Path) -> Path:
    """The file beside the folder."""
    return output.with_name(output.name + ".tar")


def seal(by: Sealer, files: Mapping[str, bytes], output: Path) -> None:
    """Write the folder and the tar; errors as `Sealer.seal`. Nothing is half-written."""
    with tempfile.TemporaryDirectory(prefix="nuage-audit-") as folder:
        for path, data in files.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        by.seal(Path(folder), output)
    bundle, _faults = reading.read(output)
    sealing.write(bundle, tar(output))
