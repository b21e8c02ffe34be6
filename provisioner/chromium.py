"""Debian's Chromium, headless, which calls nobody by itself."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from provisioner.errors import MachineError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROGRAM = Path("/usr/bin/chromium")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)
NOWHERE = "MAP * ~NOTFOUND"


@contextmanager
def chromium(absent: str, addresses: Mapping[str, str], *, elsewhere: bool = False) -> Iterator[Browser]:
    """A browser that finds these names at these addresses, and other names only with ``elsewhere``.

    Raises:
        MachineError: with the message's key ``absent``; Chromium or Playwright isn't installed, or doesn't start.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise MachineError(absent) from error
    if not PROGRAM.exists():
        raise MachineError(absent)
    rules = [f"MAP {name} {_bracketed(address)}" for name, address in sorted(addresses.items())]
    rules += [] if elsewhere else [NOWHERE]
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=str(PROGRAM),
                args=[*QUIET, *([f"--host-resolver-rules={', '.join(rules)}"] if rules else [])],
                # As root, Chromium's own sandbox can't start.
                chromium_sandbox=os.geteuid() != 0,
            )
        except Error as error:
            raise MachineError(absent) from error
        try:
            yield browser
        finally:
            browser.close()


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
