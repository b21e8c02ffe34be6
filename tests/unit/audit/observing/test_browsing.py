"""A page that is loaded anew while it is read: Chromium does so when this machine gets another network interface."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from provisioner.audit.observing import browsing

playwright = pytest.importorskip("playwright.sync_api")
URL = "https://www.abercorn.example/"


class Interrupted:
    """A page that goes away under its reader, ``times`` times."""

    def __init__(self, times: int) -> None:
        self.left, self.loads = times, 0

    def goto(self, url: str, wait_until: str) -> Any:
        self.loads += 1
        return SimpleNamespace(status=200)

    def wait_for_load_state(self, state: str, timeout: int) -> None:
        raise playwright.TimeoutError("never silent")

    def wait_for_timeout(self, milliseconds: int) -> None:
        """No time passes."""

    def eval_on_selector_all(self, selector: str, script: str) -> list[str]:
        if self.left:
            self.left -= 1
            raise playwright.Error("Execution context was destroyed, most likely because of a navigation")
        return [f"{URL}avis/"]


@pytest.mark.parametrize("times", range(browsing.ATTEMPTS))
def test_a_page_that_was_interrupted_is_read_again(times: int) -> None:
    page: Any = Interrupted(times)
    assert browsing._read(page, URL) == (200, [f"{URL}avis/"])
    assert page.loads == times + 1


def test_a_page_that_is_never_left_alone_was_not_looked_at() -> None:
    page: Any = Interrupted(browsing.ATTEMPTS)
    assert browsing._read(page, URL) == (0, [])
