"""The keeper that these tests share, added once and taken away after the last of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT
from tests.deployed import Deployment
from tests.keeping import Keeping

# What an audit takes down is asked of the servers' own files by the modules' own code.
sys.path.insert(0, str(ROOT / ".collections"))


@pytest.fixture(scope="package")
def keeping(deployment: Deployment) -> Iterator[Keeping]:
    """A keeper at another site; NUAGE_TEST_KEEPER keeps it for the next session."""
    made = Keeping(deployment)
    made.add()
    yield made
    if not os.environ.get("NUAGE_TEST_KEEPER"):
        made.remove()
