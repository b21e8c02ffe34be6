"""HTML to PDF by Debian's Chromium, without any network."""

from __future__ import annotations

import re

from provisioner.chromium import chromium


def pdf(html: str) -> bytes:
    """The page as it prints, its headings as an outline, tagged for screen readers.

    Raises:
        MachineError: Chromium or Playwright isn't installed.
    """
    with chromium("audit-report.no-browser", {}) as browser:
        page = browser.new_context(java_script_enabled=False, offline=True).new_page()
        page.set_content(html, wait_until="load")
        content = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
    return _dated(content)


def _dated(content: bytes) -> bytes:
    """Chromium writes the clock's time into the file; a report made again is the same."""
    return re.sub(rb"/(CreationDate|ModDate) ?\(D:[^)]{14,30}\)", _blank, content)


def _blank(match: re.Match[bytes]) -> bytes:
    # As long as it was: a PDF counts its own bytes.
    name = b"/" + match[1]
    return name + b" " * (len(match[0]) - len(name) - 2) + b"()"
