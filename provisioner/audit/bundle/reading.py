"""A bundle in memory: a mapping from path to bytes, whatever form it came in."""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from provisioner.audit.bundle import archive, canonical
from provisioner.audit.bundle.faults import Fault


class Bundle(Mapping[str, bytes]):
    """The files of a bundle by path. JSON is parsed when asked for and not kept: bundles are large."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def __getitem__(self, path: str) -> bytes:
        return self._files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def json(self, path: str) -> Any:  # noqa: ANN401  any JSON
        """The value of one file.

        Raises:
            KeyError: there is no such file.
            ValueError: it isn't JSON.
        """
        return canonical.loads(self._files[path])

    def with_files(self, files: Mapping[str, bytes]) -> Bundle:
        """The same bundle, these files in place of its own."""
        return Bundle(ChainMap(dict(files), self._files)) if files else self  # type: ignore[arg-type]

    def documents(self) -> Mapping[str, Any]:
        """All JSON files by path, each parsed anew when it is asked for."""
        return _Documents(self)


def read(path: Path) -> tuple[Bundle, list[Fault]]:
    """A bundle from a folder or a tar, and what is wrong with its form.

    Raises:
        OSError: it can't be read.
    """
    if path.is_dir():
        return _read_folder(path)
    reader = archive.Reader(path.read_bytes())
    return Bundle(reader.read()), reader.faults


def _read_folder(folder: Path) -> tuple[Bundle, list[Fault]]:
    files: dict[str, bytes] = {}
    faults = []
    for parent, folders, names in os.walk(folder):
        for name in [*folders, *names]:
            path = Path(parent, name)
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                faults.append(Fault("not-a-file", path.relative_to(folder).as_posix()))
            elif path.is_file():
                files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return Bundle(dict(sorted(files.items()))), faults


class _Documents(Mapping[str, Any]):
    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._paths = dict.fromkeys(path for path in bundle if path.endswith(".json"))

    def __getitem__(self, path: str) -> Any:  # noqa: ANN401  any JSON
        if path not in self._paths:
            raise KeyError(path)
        return self._bundle.json(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, path: object) -> bool:
        return path in self._paths
