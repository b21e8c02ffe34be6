"""What all unit tests share."""

from __future__ import annotations

import pytest

from provisioner import files


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that a test holds doesn't come free: nobody waits for it."""
    monkeypatch.setattr(files, "PATIENCE", 0)
