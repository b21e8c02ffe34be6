"""An application that people sign in to, and what a telephone shows them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

from tests.browsing import Browser, Page


def one_time_code(secret: str) -> str:
    """The code that a telephone shows now; it's good once."""
    counter = int(time.time()) // 30
    digest = hmac.digest(secret.encode(), counter.to_bytes(8), "sha1")
    place = digest[-1] & 15
    number = int.from_bytes(digest[place : place + 4]) & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def wait_for_the_next_code() -> None:
    """Until a telephone shows another one."""
    time.sleep(30 - time.time() % 30 + 1)


@dataclass
class Application:
    """A client of a realm. Without a secret it is a page in the browser."""

    realm: str
    client: str
    redirect: str
    secret: str = ""
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def base(self) -> str:
        return f"/realms/{self.realm}/protocol/openid-connect"

    def ask(self, browser: Browser, **other: str) -> Page:
        """Send somebody to sign in."""
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        )
        query = {
            "client_id": self.client,
            "redirect_uri": self.redirect,
            "response_type": "code",
            "scope": "openid profile email",
            "state": secrets.token_hex(8),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **other,
        }
        kept = {name: value for name, value in query.items() if value}
        return browser.open(f"{self.base}/auth?{urllib.parse.urlencode(kept)}")

    def take(self, browser: Browser, landed: Page) -> dict[str, Any]:
        """Tokens for the code that somebody came back with."""
        assert "code" in landed.query, f"{landed.address} {landed.text}"
        return self._token(
            browser,
            grant_type="authorization_code",
            code=landed.query["code"],
            redirect_uri=self.redirect,
            code_verifier=self.verifier,
        )

    def renew(self, browser: Browser, tokens: dict[str, Any]) -> dict[str, Any]:
        """What renewing says: new tokens, or an error."""
        return self._token(browser, grant_type="refresh_token", refresh_token=tokens["refresh_token"])

    def _token(self, browser: Browser, **fields: str) -> dict[str, Any]:
        own = {"client_id": self.client, **({"client_secret": self.secret} if self.secret else {})}
        return dict(json.loads(browser.open(f"{self.base}/token", {**fields, **own}, origin=False).body))


def claims(token: str) -> dict[str, Any]:
    """What a token says, unchecked."""
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))
