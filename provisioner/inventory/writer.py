"""Puts an inventory on disk: only what changed, each file atomically, and nothing stale left behind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from provisioner.errors import MachineError
from provisioner.files import write_if_changed

FOLDER = "build"
"""Beside consortium.yml; generated, so it may be deleted at any time."""

_OURS = ("group_vars/**/*.json", "group_vars/**/*.yml", "host_vars/*.json", "hosts.json")


def write(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Make ``folder`` hold ``files`` (by relative path); the paths that were written or removed.

    Contacts' names are in there: only the account that runs `nuage` and its group may read it.

    Raises:
        MachineError: the folder can't be written.
    """
    touched = [name for name, text in files.items() if write_if_changed(folder / name, text, 0o640)]
    try:
        for pattern in _OURS:
            for path in sorted(folder.glob(pattern)):
                name = path.relative_to(folder).as_posix()
                if name not in files:
                    path.unlink()
                    touched.append(name)
    except OSError as error:
        raise MachineError("files.cannot-write", file=str(folder), detail=str(error.strerror)) from error
    return sorted(touched)
