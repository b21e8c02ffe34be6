"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from provisioner import messages
from tests.deployed import Deployment, deploy

# A busy machine makes an example slow, never wrong.
# The same examples each time, so that what didn't change isn't refused; NUAGE_EXPLORE=1 looks for new ones.
settings.register_profile(
    "nuage",
    deadline=None,
    derandomize=not os.environ.get("NUAGE_EXPLORE"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("nuage")

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


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Three municipalities on one real server, for a whole session; each test leaves it as it found it.

    NUAGE_TEST_DEPLOYMENT=FOLDER keeps it for the next session, which finds it there.
    """
    if os.geteuid() != 0:
        pytest.skip("SKIPPED, NOT TESTED: real hosts need root")
    kept = os.environ.get("NUAGE_TEST_DEPLOYMENT")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("consortium") / "test"
    yield (deployed := deploy(folder, os.environ.get("NUAGE_TEST_LAB", "test")))
    if not kept:
        deployed.lab.down()
