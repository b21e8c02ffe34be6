"""A sealed bundle, as a folder and as a tar, cosigned; the second audit of its log."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.audit.bundle import archive, layout, note, reading
from tests.unit.audit.bundle import making


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Its files by path."""
    folder = tmp_path_factory.mktemp("sealed")
    sealer = making.sealer(folder / "log")
    first = making.write(making.raw("c" * 32, "d" * 64), folder / "first")
    sealer.seal(first, folder / "first.tar")
    second = making.write(making.raw(previous="c" * 32), folder / "second")
    sealer.seal(second, folder / "second.tar")
    bundle, faults = reading.read(folder / "second.tar")
    assert faults == []
    files = dict(bundle)
    checkpoint = note.parse(files[layout.CHECKPOINT])
    line = note.cosigned(checkpoint, "laval", 1_764_000_000, making.private("laval"))
    return {**files, layout.cosignature("laval"): line}


@pytest.fixture(scope="session")
def tarred(sealed: dict[str, bytes]) -> bytes:
    """The same as one tar."""
    return b"".join(archive.written(sealed))


@pytest.fixture
def folder(sealed: dict[str, bytes], tmp_path: Path) -> Path:
    """The same as a folder, to be tampered with."""
    return making.write(sealed, tmp_path / "bundle")
