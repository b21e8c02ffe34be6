"""Another body vouches for the log: it remembers the last checkpoint it signed, and signs only what grew from that."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioner.audit.bundle import layout, note, reading, sealing, sshsig
from provisioner.audit.bundle.note import Checkpoint
from provisioner.audit.bundle.reading import Bundle
from provisioner.audit.bundle.verifying import Expected, Judge, verify
from provisioner.errors import DifferenceError, MachineError, Problem, RefusedError
from provisioner.files import read_text, write_atomic


@dataclass(frozen=True)
class Cosigner:
    """Who cosigns."""

    name: str
    """As in `audit.cosigners` of consortium.yml."""
    key: Ed25519PrivateKey
    ops: Collection[bytes]
    """The ops team's keys."""
    memory: Path
    """The last checkpoint that was cosigned; made the first time."""
    judge: Judge

    def cosign(self, path: Path) -> Checkpoint:
        """Verify a bundle whole, and add a cosignature to it in place.

        Raises:
            DifferenceError: it isn't valid, or its log isn't the one of before, grown by one audit.
            RefusedError: its spec doesn't name this cosigner with this key.
            MachineError: it can't be read or written.
        """
        try:
            bundle, faults = reading.read(path)
        except OSError as error:
            detail = os.strerror(error.errno or 0)
            raise MachineError("files.cannot-read", file=str(path), detail=detail) from error
        known = read_text(self.memory).encode() if self.memory.exists() else None
        report = verify(bundle, faults, Expected(frozenset(self.ops), checkpoint=known), self.judge)
        if report.faults:
            raise DifferenceError.of(
                [
                    Problem(
                        "audit-cosign.not-valid",
                        file=str(path),
                        subject=fault.path,
                        context={"fault": fault.key, "expected": fault.expected, "got": fault.found},
                    )
                    for fault in report.faults
                ]
            )
        self._declared(path, bundle)
        checkpoint = note.parse(bundle[layout.CHECKPOINT])
        line = note.cosigned(checkpoint, self.name, int(time.time()), self.key)
        # Remembered first: after a crash it signs the same state again, never another one.
        write_atomic(self.memory, bundle[layout.CHECKPOINT])
        self._add(path, bundle, line)
        return checkpoint

    def _declared(self, path: Path, bundle: Bundle) -> None:
        declared = bundle.json(layout.CONSORTIUM).get("audit", {}).get("cosigners", ())
        keys = {one["id"]: sshsig.public_key(one["public_key"]) for one in declared}
        if keys.get(self.name) != self.key.public_key().public_bytes_raw():
            raise RefusedError("audit-cosign.not-declared", file=str(path), name=self.name)

    def _add(self, path: Path, bundle: Bundle, line: bytes) -> None:
        name = layout.cosignature(self.name)
        if path.is_dir():
            write_atomic(path / name, line)
        else:
            sealing.write({**bundle, name: line}, path)
