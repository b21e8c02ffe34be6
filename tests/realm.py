"""A municipality's realm at the real Keycloak of a deployment, and people who sign in to its website."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

from tests.browsing import Browser, Page
from tests.deployed import FRELIGHSBURG, Deployment, Site

HOME = f"https://{FRELIGHSBURG.domain}"
PLACES = {
    "profile.php": "subscriber",
    "edit.php": "contributor",
    "edit.php?post_type=page": "editor",
    "options-general.php": "administrator",
}
"""Pages of the administration, and the least that opens each."""


_ASK = """
import json, sys, urllib.error, urllib.parse, urllib.request
base, told = "http://127.0.0.1:8080", {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}
asked = json.load(sys.stdin)
secret = open("/etc/nuage/keycloak/admin-secret").read().strip()
form = {"grant_type": "client_credentials", "client_id": "nuage", "client_secret": secret}
at = base + "/realms/master/protocol/openid-connect/token"
signed = urllib.request.Request(at, urllib.parse.urlencode(form).encode(), told)
bearer = json.load(urllib.request.urlopen(signed))["access_token"]
body = None if asked["body"] is None else json.dumps(asked["body"]).encode()
head = {"Authorization": "Bearer " + bearer, "Content-Type": "application/json", **told}
request = urllib.request.Request(base + "/admin/realms" + asked["path"], body, head, method=asked["method"])
try:
    answer = urllib.request.urlopen(request)
except urllib.error.HTTPError as error:
    sys.exit(f"{error.code} {error.read().decode()}")
text = answer.read().decode()
print(text or json.dumps(answer.headers.get("Location")))
"""
"""On the server itself: the interface answers on loopback alone."""


@dataclass(frozen=True)
class Person:
    """Somebody with an account at a realm."""

    id: str
    user: str
    password: str
    seed: str = ""
    """Of the second factor, if there is one."""

    def code(self) -> str:
        """What an authenticator shows now."""
        digest = hmac.digest(self.seed.encode(), int(time.time() // 30).to_bytes(8, "big"), hashlib.sha1)
        place = digest[-1] & 15
        number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
        return f"{number % 1_000_000:06d}"


class Realm:
    """The realm of a site's municipality."""

    def __init__(self, deployment: Deployment, site: Site) -> None:
        self.deployment, self.site = deployment, site

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """A request to the administration's interface, below the realm."""
        request = {"method": method, "path": f"/{self.site.code}{path}", "body": body}
        script = f"python3 -c {json.dumps('import base64;exec(base64.b64decode(' + repr(_coded()) + '))')}"
        return json.loads(self.deployment.sh(script, body=json.dumps(request).encode()))

    def person(self, *groups: str, second_factor: bool = False, **fields: Any) -> Person:
        """A new account in these groups."""
        user = f"essai-{secrets.token_hex(4)}"
        password = secrets.token_urlsafe(24) + "aA1!"
        seed = secrets.token_hex(10) if second_factor else ""
        credentials: list[dict[str, Any]] = [{"type": "password", "value": password, "temporary": False}]
        if seed:
            kind = {"subType": "totp", "digits": 6, "period": 30, "algorithm": "HmacSHA1"}
            credentials.append(
                {
                    "type": "otp",
                    "secretData": json.dumps({"value": seed}),
                    "credentialData": json.dumps(kind),
                }
            )
        account = {
            "username": user,
            "enabled": True,
            "email": f"{user}@courriel.example",
            "emailVerified": True,
            "firstName": "Élise",
            "lastName": "O'Neil",
            "groups": [f"/{group}" for group in groups],
            "credentials": credentials,
            **fields,
        }
        identifier = self.ask("POST", "/users", account).rpartition("/")[2]
        return Person(identifier, user, password, seed)

    def change(self, person: Person, **fields: Any) -> None:
        """Other fields of an account."""
        found = self.ask("GET", f"/users/{person.id}")
        self.ask("PUT", f"/users/{person.id}", found | fields)

    def move(self, person: Person, *, into: str = "", out_of: str = "") -> None:
        """In another group."""
        known = {group["name"]: group["id"] for group in self.ask("GET", "/groups")}
        if into:
            self.ask("PUT", f"/users/{person.id}/groups/{known[into]}", {})
        if out_of:
            self.ask("DELETE", f"/users/{person.id}/groups/{known[out_of]}")

    def sign_out(self, person: Person) -> None:
        """All of a person's sessions, as an administrator ends them."""
        self.ask("POST", f"/users/{person.id}/logout")


def _coded() -> str:
    return base64.b64encode(_ASK.encode()).decode()


def sign_in(browser: Browser, person: Person, start: str) -> Page:
    """Where a person ends who was asked to sign in on the way to an address."""
    page = browser.get(start)
    target, fields = page.form("kc-form-login")
    page = browser.open(target, fields | {"username": person.user, "password": person.password})
    if 'id="kc-otp-login-form"' in page.body:
        target, fields = page.form("kc-otp-login-form")
        page = browser.open(target, fields | {"otp": person.code()})
    return page


def role(browser: Browser) -> str:
    """What the website lets the browser's person do; '' for nobody."""
    found = ""
    for place, least in PLACES.items():
        if browser.get(f"{HOME}/wp-admin/{place}", follow=False).status == 200:
            found = least
    return found


def enter(browser: Browser, person: Person) -> None:
    page = sign_in(browser, person, f"{HOME}/wp-admin/")
    assert (page.status, page.address) == (200, f"{HOME}/wp-admin/"), page.body[:3000]
