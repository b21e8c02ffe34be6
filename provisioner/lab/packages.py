"""The package cache that outlives labs.

Two apt-cacher-ng must not write in one cache, and several labs may run at once. So each lab's proxy
has a cache of its own, filled with hard links to the packages that earlier labs kept, and gives
back the whole packages it fetched. Package files never change under a name; indexes do, and stay.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from provisioner.lab.state import Paths, cache_root

ACCOUNT = "apt-cacher-ng"
SUFFIX = ".deb"


def store() -> Path:
    """Packages kept for the next labs."""
    return cache_root() / "packages"


def private(paths: Paths) -> Path:
    """One lab's own cache, on the same file system as the store so that links work."""
    return cache_root() / "proxies" / paths.tag


def fill(paths: Paths) -> Path:
    """Make the lab's cache and link what the store has into it."""
    target = private(paths)
    for folder in (target, store()):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.chown(folder, ACCOUNT, ACCOUNT)
    _link(store(), target)
    return target


def keep(paths: Paths) -> None:
    """Give the store the packages that the lab fetched, and remove the lab's cache."""
    source = private(paths)
    if source.is_dir():
        store().mkdir(parents=True, exist_ok=True)
        _link(source, store())
        shutil.rmtree(source)
    with suppress(OSError):
        source.parent.rmdir()


def is_whole(package: Path) -> bool:
    """Whether a package has the length that the mirror announced (apt-cacher-ng keeps it in `.head`)."""
    try:
        head = package.with_name(package.name + ".head").read_text(encoding="latin-1")
        length = re.search(r"^content-length:\s*(\d+)", head, re.IGNORECASE | re.MULTILINE)
        return length is not None and package.stat().st_size == int(length[1])
    except OSError:
        return False


def _packages(folder: Path) -> Iterator[Path]:
    for parent, _folders, files in os.walk(folder):
        for name in files:
            if name.endswith(SUFFIX) and is_whole(Path(parent, name)):
                yield Path(parent, name)


def _link(source: Path, target: Path) -> None:
    """Link all whole packages, with their heads, from one cache into another that lacks them."""
    owner = source.stat()
    for package in _packages(source):
        for file in (package.with_name(package.name + ".head"), package):
            twin = target / file.relative_to(source)
            if not twin.exists():
                _make_folders(target, twin.parent, owner)
                with suppress(FileExistsError):
                    os.link(file, twin)


def _make_folders(root: Path, folder: Path, owner: os.stat_result) -> None:
    if folder == root or folder.is_dir():
        return
    _make_folders(root, folder.parent, owner)
    with suppress(FileExistsError):
        folder.mkdir()
        os.chown(folder, owner.st_uid, owner.st_gid)
