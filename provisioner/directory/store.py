"""Where the directory lives between runs: one JSON file in the user's data directory."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from provisioner.directory.municipality import Directory, Municipality, Source
from provisioner.errors import InvalidInputError, MachineError
from provisioner.files import write_atomic

VERSION = 1


def path_from(environ: Mapping[str, str]) -> Path:
    """`$NUAGE_DATA`, else `$XDG_DATA_HOME/nuage-commun`, else `~/.local/share/nuage-commun`."""
    if environ.get("NUAGE_DATA"):
        return Path(environ["NUAGE_DATA"]) / "directory.json"
    base = environ.get("XDG_DATA_HOME", "")
    # The XDG specification says that a relative path must be ignored.
    home = Path(base) if base.startswith("/") else Path.home() / ".local/share"
    return home / "nuage-commun" / "directory.json"


def save(directory: Directory, path: Path) -> None:
    """Write the directory, atomically.

    Raises:
        MachineError: the folder can't be written.
    """
    write_atomic(path, json.dumps(directory.as_json(), ensure_ascii=False, indent=0) + "\n")


def load(path: Path | None = None) -> Directory:
    """The directory that was imported.

    Raises:
        MachineError: none was, or it can't be read.
        InvalidInputError: the file isn't one that this version wrote.
    """
    path = path or path_from(os.environ)
    try:
        content = json.loads(path.read_bytes())
        if content["version"] != VERSION:
            raise InvalidInputError("directory.damaged", file=str(path))
        source = Source(**content["source"])
        return Directory(source, tuple(Municipality(**one) for one in content["municipalities"]))
    except FileNotFoundError:
        raise MachineError("directory.not-imported", file=str(path)) from None
    except OSError as error:
        raise MachineError(
            "files.cannot-read", file=str(path), detail=os.strerror(error.errno or 0)
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError("directory.damaged", file=str(path)) from error
