"""What every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner import messages

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of official data beside the checkout; it isn't part of the project."""
    folder = ROOT.parent / "shared" / "data"
    if not (folder / "MUN.csv").is_file():
        pytest.skip(f"SKIPPED, NOT TESTED: {folder} is absent")
    return folder


@pytest.fixture(params=messages.LANGUAGES)
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each language in turn, as the language of the process."""
    monkeypatch.setattr(messages, "_current", request.param)
    return str(request.param)
