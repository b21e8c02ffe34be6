"""That an audit stands in the log of all audits, that the log only grew, and who else says so."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.audit.bundle import canonical, layout, merkle, note
from provisioner.audit.bundle.faults import Fault, difference
from provisioner.audit.bundle.note import Checkpoint, Cosignature
from provisioner.audit.bundle.reading import Bundle
from provisioner.audit.bundle.sshsig import SignatureError


def leaf(audit: str, observations: bytes, findings: bytes) -> bytes:
    """What the log keeps of an audit: the hashes of its two statements."""
    return canonical.dumps(
        {
            "audit": audit,
            "observations": hashlib.sha256(observations).hexdigest(),
            "findings": hashlib.sha256(findings).hexdigest(),
        }
    )


@dataclass
class Log:
    """The check of a bundle's proofs."""

    bundle: Bundle
    keys: Collection[bytes]
    """Of the ops team, who keep the log."""
    cosigners: Mapping[str, bytes]
    """Keys of the bodies whose cosignature counts, by name."""
    faults: list[Fault] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    former: Checkpoint | None = None
    cosignatures: list[Cosignature] = field(default_factory=list)

    def check(self, audit: Mapping[str, Any]) -> None:
        """Leaf, checkpoint, inclusion, consistency and cosignatures."""
        data = self._leaf(str(audit["id"]))
        self.checkpoint = self._checkpoint(layout.CHECKPOINT)
        if self.checkpoint is None:
            return
        if data is not None:
            self._inclusion(data, self.checkpoint)
        if layout.FORMER_CHECKPOINT in self.bundle:
            self.former = self._checkpoint(layout.FORMER_CHECKPOINT)
            if self.former is not None:
                self._consistency(self.former, self.checkpoint)
        elif self.checkpoint.size != 1 or audit["previous"] is not None:
            self.faults.append(Fault("missing", layout.FORMER_CHECKPOINT))
        for path in self.bundle:
            if cosigner := layout.cosigner(path):
                self._cosignature(path, cosigner, self.checkpoint)

    def against(self, known: bytes) -> None:
        """Compare with a checkpoint that somebody kept: it must be this audit's, or the one before."""
        try:
            kept = note.verify(known, self.keys)
        except SignatureError as error:
            self.faults.append(Fault(error.key, "checkpoint", found=error.found))
            return
        if kept not in (self.checkpoint, self.former):
            here = f"{self.checkpoint.size}" if self.checkpoint else "-"
            self.faults.append(Fault("other-log", layout.CHECKPOINT, expected=str(kept.size), found=here))

    def _leaf(self, audit: str) -> bytes | None:
        statements = (layout.statement("observations"), layout.statement("findings"))
        if any(path not in self.bundle for path in (*statements, layout.LEAF)):
            return None
        expected = leaf(audit, *(self.bundle[path] for path in statements))
        if fault := difference(layout.LEAF, expected, self.bundle[layout.LEAF]):
            self.faults.append(fault)
        return expected

    def _checkpoint(self, path: str) -> Checkpoint | None:
        if path not in self.bundle:
            return None
        try:
            return note.verify(self.bundle[path], self.keys)
        except SignatureError as error:
            self.faults.append(Fault(error.key, path, found=error.found))
            return None

    def _inclusion(self, data: bytes, checkpoint: Checkpoint) -> None:
        try:
            proof = self.bundle.json(layout.INCLUSION)
            index, size, path = int(proof["index"]), int(proof["size"]), _hashes(proof["path"])
        except (ValueError, LookupError, TypeError):
            self.faults.append(Fault("not-included", layout.INCLUSION))
            return
        included = merkle.includes(merkle.leaf_hash(data), index, size, path, checkpoint.root)
        if size != checkpoint.size or not included:
            self.faults.append(Fault("not-included", layout.INCLUSION))

    def _consistency(self, former: Checkpoint, checkpoint: Checkpoint) -> None:
        try:
            proof = self.bundle.json(layout.CONSISTENCY)
            first, second, path = int(proof["first"]), int(proof["second"]), _hashes(proof["path"])
        except (ValueError, LookupError, TypeError):
            self.faults.append(Fault("not-consistent", layout.CONSISTENCY))
            return
        sizes = (first, second) == (former.size, checkpoint.size) and former.size < checkpoint.size
        extends = merkle.extends(first, second, former.root, checkpoint.root, path)
        if former.origin != checkpoint.origin or not sizes or not extends:
            shown = (str(former.size), str(checkpoint.size))
            self.faults.append(Fault("not-consistent", layout.CONSISTENCY, expected=shown[0], found=shown[1]))

    def _cosignature(self, path: str, name: str, checkpoint: Checkpoint) -> None:
        key = self.cosigners.get(name)
        if key is None:
            self.faults.append(Fault("unknown-cosigner", path, found=name))
            return
        try:
            found = note.verify_cosignature(self.bundle[path], checkpoint, {name: key})
        except SignatureError:
            self.faults.append(note.locate_in_cosignature(path, self.bundle[path], name, key))
            return
        self.cosignatures.append(found)


def _hashes(path: list[str]) -> list[bytes]:
    return [bytes.fromhex(one) for one in path]
