"""The second server that these tests share, added once and taken away after the last of them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.deployed import Deployment
from tests.moving import Moving


@pytest.fixture(scope="package")
def moving(deployment: Deployment) -> Iterator[Moving]:
    """Another server of applications; NUAGE_TEST_KEEPER keeps it for the next session."""
    made = Moving(deployment)
    made.add()
    yield made
    if not os.environ.get("NUAGE_TEST_KEEPER"):
        made.remove()
