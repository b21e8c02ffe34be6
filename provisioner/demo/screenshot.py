"""A picture of a site, by Debian's Chromium. It goes to the lab's addresses and to no other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from provisioner.errors import MachineError

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def screenshot(url: str, addresses: Mapping[str, str], target: Path) -> None:
    """Write a PNG of the page.

    Raises:
        MachineError: Chromium or Playwright isn't installed.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise MachineError("demo.no-browser") from error
    if not CHROMIUM.exists():
        raise MachineError("demo.no-browser")
    rules = ", ".join([*(f"MAP {name} {address}" for name, address in addresses.items()), "MAP * ~NOTFOUND"])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=[*ARGUMENTS, f"--host-resolver-rules={rules}"],
            # As root, Chromium's own sandbox can't start; it is shown the lab's pages alone.
            chromium_sandbox=False,
        )
        # The lab's authority isn't in the browser's trust store; `nuage verify` has checked the chain.
        page = browser.new_page(ignore_https_errors=True, viewport={"width": 1280, "height": 900})
        page.goto(url, wait_until="networkidle")
        page.screenshot(path=str(target))
        browser.close()
