# SPDX-License-Identifier: AGPL-3.0-or-later
"""Running websites, as a citizen's browser and as somebody with bad intentions see them."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Error, Page, sync_playwright

STARTER_PAGES = {
    "fr": {
        "/": "",
        "/avis-publics/": "Avis publics",
        "/seances-du-conseil/": "Séances du conseil",
        "/nous-joindre/": "Nous joindre",
        "/protection-des-renseignements-personnels/": "Protection des renseignements personnels",
        "/accessibilite/": "Accessibilité",
    },
    "en": {
        "/": "",
        "/public-notices/": "Public notices",
        "/council-meetings/": "Council meetings",
        "/contact-us/": "Contact us",
        "/protection-of-personal-information/": "Protection of personal information",
        "/accessibility/": "Accessibility",
    },
}
OTHER_PAGES = (
    "/?s=conseil",
    "/?s=zzqzz",
    "/rien-du-tout/",
    "/wp-login.php",
    "/wp-login.php?action=lostpassword",
)
TIMEOUT_SECONDS = 30
TOO_MANY = 10
NETWORK_CHANGES = 3


@dataclass(frozen=True)
class Site:
    """A website of the lab: its name, the address that answers for it, and the language of its spec."""

    domain: str
    address: str
    language: str = "fr"


@dataclass(frozen=True)
class Answer:
    """What a server answered, without following a redirection."""

    status: int
    headers: dict[str, str]
    body: str


def sites() -> list[Site]:
    """The sites to try, from NUAGE_TEST_SITES: a JSON list of {"domain", "address", "language"}."""
    return [Site(**entry) for entry in json.loads(os.environ.get("NUAGE_TEST_SITES", "[]"))]


def get(site: Site, path: str, *, method: str = "GET", body: str | None = None) -> Answer:
    """Ask the site itself; its certificate is checked when NUAGE_TEST_AUTHORITY names an authority."""
    context = ssl.create_default_context(cafile=os.environ.get("NUAGE_TEST_AUTHORITY") or None)
    if "NUAGE_TEST_AUTHORITY" not in os.environ:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(site.domain, 443, timeout=TIMEOUT_SECONDS, context=context)
    plain = socket.create_connection((site.address, 443), timeout=TIMEOUT_SECONDS)
    connection.sock = context.wrap_socket(plain, server_hostname=site.domain)
    try:
        connection.request(method, path, body=body, headers={"Host": site.domain})
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, text)
    finally:
        connection.close()


@contextmanager
def browser(site: Site) -> Iterator[Browser]:
    """Debian's Chromium, which can resolve this one name only."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                f"--host-resolver-rules=MAP {site.domain} {site.address}, MAP * ~NOTFOUND",
            ],
        )
        try:
            yield started
        finally:
            started.close()


class Visit:
    """A page that remembers which hosts it asked, what went wrong and what it was given to keep."""

    def __init__(self, started: Browser, *, dark: bool = False, width: int = 1280) -> None:
        self._context = started.new_context(
            # Chromium has a trust store of its own, without the lab's authority; `get` checks the chain.
            ignore_https_errors=True,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        self.page: Page = self._context.new_page()
        self.hosts: set[str] = set()
        self.problems: list[str] = []
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on(
            "console", lambda message: self.problems.append(message.text) if message.type == "error" else None
        )

    def _asked(self, url: str) -> None:
        if url.startswith(("http:", "https:", "ws:", "wss:")):
            self.hosts.add(urlsplit(url).hostname or "")

    def open(self, site: Site, path: str) -> int:
        """Load a page; returns its status."""
        url = f"https://{site.domain}{path}"
        for _ in range(NETWORK_CHANGES):
            try:
                return self._status(url)
            except Error as error:
                # Chromium drops what it loads when the machine gets another interface: a lab that starts.
                if "ERR_NETWORK_CHANGED" not in str(error) and "chrome-error" not in str(error):
                    raise
                self.page.wait_for_timeout(1000)
        return self._status(url)

    def _status(self, url: str) -> int:
        for _ in range(TOO_MANY):
            response = self.page.goto(url)
            assert response is not None
            if response.status != 429:
                break
            # One visitor opens the sign-in page so often: the server asks for patience.
            self.page.wait_for_timeout(2000)
        return response.status

    def cookies(self) -> list[str]:
        """Names of what the browser was asked to keep."""
        return [str(cookie.get("name")) for cookie in self._context.cookies()]

    def violations(self) -> list[str]:
        """What axe finds on the page, as `rule: selectors`."""
        found: dict[str, Any] = Axe().run(self.page).response
        return [f"{v['id']}: {[node['target'] for node in v['nodes']]}" for v in found["violations"]]
