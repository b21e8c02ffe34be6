"""Digests of the code that converges a host, so that a new version of a role makes its hosts stale."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SKIPPED = {"__pycache__", "molecule", "tests"}


@dataclass(frozen=True)
class Layers:
    """One digest per layer: a change of a tenant role leaves the servers as they are."""

    server: str
    tenant: str

    def with_files(self, texts: Sequence[str]) -> Layers:
        """The same, changing with files that servers are given and that no variable holds."""
        return Layers(_combined([self.server, *texts]), self.tenant) if texts else self


def layers(collection: Path) -> Layers:
    """Read the collection's roles and plugins; names and contents count, times and owners don't.

    Raises:
        OSError: a file of the collection can't be read, which only a broken installation brings about.
    """
    plugins = _tree(collection / "plugins", "")
    return Layers(
        server=_combined([plugins, _tree(collection / "roles", "server_")]),
        tenant=_combined([plugins, _tree(collection / "roles", "tenant_")]),
    )


def _tree(root: Path, prefix: str) -> str:
    total = hashlib.sha256()
    for folder, folders, names in os.walk(root):
        at_root = Path(folder) == root
        folders[:] = sorted(
            name for name in folders if name not in _SKIPPED and (not at_root or name.startswith(prefix))
        )
        for name in sorted(names):
            path = Path(folder, name)
            if path.suffix == ".pyc":
                continue
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{path.relative_to(root)}\0{content}\n".encode())
    return total.hexdigest()


def _combined(digests: list[str]) -> str:
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()
