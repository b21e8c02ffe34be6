"""A picture of a site, by Debian's Chromium. It goes to the lab's addresses and to no other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from provisioner.chromium import chromium


def screenshot(url: str, addresses: Mapping[str, str], target: Path) -> None:
    """Write a PNG of the page.

    Raises:
        MachineError: Chromium or Playwright isn't installed.
    """
    with chromium("demo.no-browser", addresses) as browser:
        # The lab's authority isn't in the browser's trust store; `nuage verify` has checked the chain.
        page = browser.new_page(
            ignore_https_errors=True, locale="fr-CA", viewport={"width": 1280, "height": 900}
        )
        page.goto(url, wait_until="networkidle")
        page.screenshot(path=str(target))
