"""The site onto the disk: only what changed is written, and what an earlier one left is taken away."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from provisioner.audit.publishing import site
from provisioner.errors import RefusedError
from provisioner.files import read_text, write_atomic

SUMS = "SHA256SUMS"


def publish(
    bundles: Sequence[Path], output: Path, *, with_bundles: bool, keys: frozenset[bytes] | None = None
) -> int:
    """Write the site of these audits into ``output``; how many files it has.

    Raises:
        RefusedError: the folder holds something else than a site of this kind.
        MachineError, InvalidInputError: a bundle can't be read, or they don't belong together.
        DifferenceError: a bundle isn't valid, as far as ``keys`` can tell; nothing was written.
    """
    earlier = _earlier(output)
    known, archives = site.history(bundles, with_bundles=with_bundles, keys=keys)
    digests: dict[str, str] = {}
    for path, content in (*archives.items(), *site.pages(known)):
        digests[path] = hashlib.sha256(content).hexdigest()
        if earlier.get(path) != digests[path] or not (output / path).is_file():
            write_atomic(output / path, content)
    for path in sorted(earlier.keys() - digests.keys()):
        with suppress(FileNotFoundError):
            (output / path).unlink()
    write_atomic(output / SUMS, site.sums(digests))
    return len(digests) + 1


def _earlier(output: Path) -> dict[str, str]:
    """Digests by path of the site that is there."""
    if not output.exists() or not any(output.iterdir()):
        return {}
    if not (output / SUMS).is_file():
        raise RefusedError("audit-site.not-a-site", file=str(output))
    found: dict[str, str] = {}
    for line in read_text(output / SUMS).splitlines():
        digest, _, path = line.partition("  ")
        if path and not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts:
            found[path] = digest
    return found
