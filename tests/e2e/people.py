# SPDX-License-Identifier: AGPL-3.0-or-later
"""A municipality's people at a real browser: invited by mail, signed in with a second factor, pictured on the way."""

from __future__ import annotations

import hmac
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

from provisioner.lab import mail
from tests.deployed import ROOT, Deployment

PICTURES = ROOT / "dist" / "pictures"
"""Kept as build output; version control ignores it."""
PASSWORD = "Vent du large 7 marées!"
NETWORK_CHANGES = 6
PATIENCE_MS = 90_000
"""Of a machine that is its own server, and busy."""


@contextmanager
def chromium(names: Mapping[str, str]) -> Iterator[Browser]:
    """Debian's Chromium, which knows the lab's names and no others."""
    rules = ", ".join([*(f"MAP {name} {address}" for name, address in names.items()), "MAP * ~NOTFOUND"])
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-background-networking", f"--host-resolver-rules={rules}"],
        )
        try:
            yield started
        finally:
            started.close()


def invitation(deployment: Deployment, user: str) -> str:
    """The address in the last invitation that the lab's mail relay kept for somebody."""
    for message in reversed(mail.messages(deployment.lab.paths)):
        part = message.get_body(("plain",))
        if user in str(message["to"]) and part is not None:
            found = re.search(r"https://\S+", str(part.get_content()))
            assert found, message
            return found[0]
    raise AssertionError(f"no mail for {user}")


def code(secret: str) -> str:
    """What a telephone shows now."""
    digest = hmac.digest(secret.encode(), (int(time.time()) // 30).to_bytes(8), "sha1")
    place = digest[-1] & 15
    return f"{(int.from_bytes(digest[place : place + 4]) & 0x7FFFFFFF) % 1_000_000:06d}"


@dataclass
class Somebody:
    """One person at one browser of their own."""

    browser: Browser
    user: str
    factor: str = ""
    """Secret of the second factor, once there is one."""
    page: Page = field(init=False)
    pictures: int = 0

    def __post_init__(self) -> None:
        # Chromium has a trust store of its own, without the lab's authority; other tests check the chain.
        self.context = self.browser.new_context(
            ignore_https_errors=True,
            locale="fr-CA",
            viewport={"width": 1280, "height": 900},
            accept_downloads=True,
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()

    def open(self, address: str) -> None:
        """Go there."""
        self._whatever_the_network(lambda: self.page.goto(address), lambda: None)

    def arrive(self, address: str) -> None:
        """Wait until the browser was sent there, or to a page below it."""
        place = re.compile(re.escape(address))
        self._whatever_the_network(
            lambda: self.page.wait_for_url(place, wait_until="domcontentloaded"), self.page.reload
        )

    def _whatever_the_network(self, work: Callable[[], object], again: Callable[[], object]) -> None:
        """Chromium drops what it loads when the machine gets another interface: a lab that starts."""
        for attempt in range(NETWORK_CHANGES):
            try:
                if attempt:
                    again()
                work()
            except Error as error:
                if "ERR_NETWORK_CHANGED" not in str(error) and "chrome-error" not in str(error):
                    raise
                self.page.wait_for_timeout(1000)
            else:
                return
        raise AssertionError(f"the network changed {NETWORK_CHANGES} times")

    def picture(self, name: str) -> None:
        """Keep what this person sees."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.pictures += 1
        self.page.screenshot(path=str(Path(PICTURES, f"{self.user}-{self.pictures:02d}-{name}.png")))

    def submit(self, **fields: str) -> None:
        """Fill in the sign-in page's form and send it."""
        for name, value in fields.items():
            self.page.fill(f"#{name}", value)
        self.page.locator("[type=submit]").first.click()
        self.page.wait_for_load_state("domcontentloaded")

    def accept(self, address: str) -> None:
        """Follow an invitation: a second factor where the page asks for one, and a password."""
        self.open(address)
        self.page.locator("a", has_text=re.compile("Cliquez ici")).click()
        self.page.wait_for_load_state("domcontentloaded")
        for _ in range(3):
            if self.page.locator("#totpSecret").count():
                self.factor = self.page.input_value("#totpSecret")
                self.picture("second-facteur")
                self.submit(totp=code(self.factor), userLabel="Téléphone")
            elif self.page.locator("#password-new").count():
                self.picture("mot-de-passe")
                self.submit(**{"password-new": PASSWORD, "password-confirm": PASSWORD})
        assert "mis à jour" in self.page.inner_text("body")

    def sign_in(self) -> None:
        """The municipality's own sign-in page, which is open now."""
        self.picture("connexion")
        self.submit(username=self.user, password=PASSWORD)
        if self.page.locator("#otp").count():
            used = code(self.factor)
            self.picture("code")
            self.submit(otp=used)
            if self.page.locator("#otp").count():
                # Each code is good once: the one that set up the telephone is the present one's twin.
                while code(self.factor) == used:
                    time.sleep(1)
                self.submit(otp=code(self.factor))

    def is_asked_to_sign_in(self, address: str) -> bool:
        """Whether this place sends them to the sign-in page."""
        self.open(address)
        self.page.wait_for_load_state("domcontentloaded")
        return self.page.locator("#kc-form-login, #kc-login").count() > 0
