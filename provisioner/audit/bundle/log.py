"""The consortium's log of audits: one leaf per audit, never rewritten, and a signed checkpoint of all of them.

A folder with `leaves/000000.json` and so on, the checkpoint after each in `checkpoints/`, the newest as `checkpoint`.
A leaf that this doesn't count is what a crash left; the next audit takes its place.
"""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioner.audit.bundle import canonical, layout, merkle, note
from provisioner.audit.bundle.note import Checkpoint
from provisioner.audit.bundle.sshsig import SignatureError
from provisioner.errors import InvalidInputError, RefusedError
from provisioner.files import read_text, write_atomic


@dataclass(frozen=True)
class Entry:
    """An audit's place in the log: the files that prove it, and what the log becomes."""

    files: dict[str, bytes]
    """By path in the bundle."""
    leaf: bytes
    index: int


class AuditLog:
    """The log in ``folder``; callers hold the folder's lock.

    Raises:
        InvalidInputError: its leaves aren't those of its checkpoint.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.leaves: list[bytes] = []
        self.notes: list[bytes] = []
        """The checkpoint after each leaf."""
        path = folder / "checkpoint"
        if not path.exists():
            return
        try:
            checkpoint = note.parse(read_text(path).encode())
        except SignatureError as error:
            raise InvalidInputError("audit-seal.log-broken", file=str(path)) from error
        for index in range(checkpoint.size):
            self.leaves.append(read_text(self._leaf(index)).encode())
            self.notes.append(read_text(self._checkpoint(index)).encode())
        if merkle.root(self._hashes()) != checkpoint.root:
            raise InvalidInputError("audit-seal.log-broken", file=str(folder))

    def last(self) -> str | None:
        """The id of the newest audit: the next one's `previous`."""
        return str(canonical.loads(self.leaves[-1])["audit"]) if self.leaves else None

    def entry(
        self, leaf: bytes, audit: str, previous: str | None, consortium: str, key: Ed25519PrivateKey
    ) -> Entry:
        """Where an audit will stand; nothing is written. The same audit sealed again stands where it stood.

        Raises:
            RefusedError: another seal of this audit is in the log, or it doesn't follow the newest one.
        """
        known = [canonical.loads(one)["audit"] for one in self.leaves]
        if audit in known and (leaf != self.leaves[-1] or known[-1] != audit):
            raise RefusedError("audit-seal.sealed-twice", file=str(self.folder), audit=audit)
        index = len(self.leaves) - 1 if audit in known else len(self.leaves)
        before = known[index - 1] if index else None
        if previous != before:
            raise RefusedError(
                "audit-seal.other-previous",
                file=str(self.folder),
                expected=before or "null",
                got=previous or "null",
            )
        hashes = [*self._hashes()[:index], merkle.leaf_hash(leaf)]
        checkpoint = Checkpoint(_origin(consortium), len(hashes), merkle.root(hashes))
        proof = [one.hex() for one in merkle.inclusion(hashes, index)]
        files = {
            layout.LEAF: leaf,
            layout.CHECKPOINT: note.signed(checkpoint, key),
            layout.INCLUSION: canonical.dumps({"index": index, "size": len(hashes), "path": proof}),
        }
        if index:
            steps = [one.hex() for one in merkle.consistency(hashes, index)]
            files[layout.FORMER_CHECKPOINT] = self.notes[index - 1]
            files[layout.CONSISTENCY] = canonical.dumps(
                {"first": index, "second": len(hashes), "path": steps}
            )
        return Entry(files, leaf, index)

    def append(self, entry: Entry) -> None:
        """Write an audit into the log; it counts once the checkpoint is written, which is last."""
        write_atomic(self._leaf(entry.index), entry.leaf)
        write_atomic(self._checkpoint(entry.index), entry.files[layout.CHECKPOINT])
        write_atomic(self.folder / "checkpoint", entry.files[layout.CHECKPOINT])

    def _hashes(self) -> list[bytes]:
        return [merkle.leaf_hash(leaf) for leaf in self.leaves]

    def _leaf(self, index: int) -> Path:
        return self.folder / "leaves" / f"{index:06}.json"

    def _checkpoint(self, index: int) -> Path:
        return self.folder / "checkpoints" / f"{index:06}"


def _origin(consortium: str) -> str:
    """The log's name: one word, since it is the key's name in a note, too."""
    return "nuage-audit/" + urllib.parse.quote(consortium, safe="")
