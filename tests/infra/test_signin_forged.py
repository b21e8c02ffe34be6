"""What isn't a sign-in, but looks like one: forged and borrowed tokens, answers of others, the site's own passwords."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browsing import Browser, Page
from tests.deployed import DUNHAM, FRELIGHSBURG, Deployment, Site
from tests.realm import HOME, Person, Realm, enter, role, sign_in

pytestmark = pytest.mark.lab
PROBES = Path(__file__).parent / "probes"


def test_forged_tokens_are_refused(deployment: Deployment, tmp_path: Path) -> None:
    """The same cases as tests/unit/wordpress/test_signin.py, with the server's own PHP."""
    pieces = "/usr/share/nuage/wordpress/mu-plugins/nuage/signin"
    probe = (PROBES / "tokens.php").read_bytes()
    target = f"/root/{tmp_path.name}.php"
    seen = json.loads(
        deployment.sh(f"cat > {target}; php {target} {pieces}; rm {target}", body=probe).splitlines()[-1]
    )
    assert seen["wrong"] == {}
    assert seen["cases"] > 100


def post_logout(browser: Browser, token: str, site: Site = FRELIGHSBURG) -> Page:
    return browser.open(f"https://{site.domain}/nuage-backchannel-logout", {"logout_token": token})


@pytest.fixture(scope="module")
def signer(realm: Realm) -> Iterator[Any]:
    """Signs as the realm does: a key of ours that the realm counts among its own for the time of a test."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    known = {each["kid"] for each in realm.ask("GET", "/keys")["keys"]}
    component = realm.ask(
        "POST",
        "/components",
        {
            "name": f"test-{secrets.token_hex(4)}",
            "providerId": "rsa",
            "providerType": "org.keycloak.keys.KeyProvider",
            "config": {"priority": ["-1"], "enabled": ["true"], "active": ["true"], "privateKey": [pem]},
        },
    )
    (kid,) = {each["kid"] for each in realm.ask("GET", "/keys")["keys"]} - known

    def sign(claims: dict[str, Any]) -> str:
        head = encoded({"alg": "RS256", "typ": "JWT", "kid": kid})
        text = f"{head}.{encoded(claims)}"
        return f"{text}.{_b64(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    yield sign
    realm.ask("DELETE", f"/components/{component.rpartition('/')[2]}")


def _b64(data: bytes) -> str:
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(data).rstrip(b"=").decode()


def encoded(value: dict[str, Any]) -> str:
    return _b64(json.dumps(value).encode())


def logout_claims(identity: str, person: Person, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": f"https://{identity}/realms/{FRELIGHSBURG.code}",
        "aud": "wordpress",
        "iat": now,
        "exp": now + 120,
        "jti": secrets.token_hex(8),
        "sub": person.id,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        **changes,
    }


def test_only_what_the_realm_signed_for_this_site_ends_sessions(
    realm: Realm, identity: str, signer: Any, browser: Browser, another: Callable[[], Browser]
) -> None:
    person = realm.person("employes")
    enter(browser, person)
    stranger = another()
    good = logout_claims(identity, person)
    # The site learns of a new key when it meets it, but not more often than every half minute.
    time.sleep(31)
    refused = {
        "rubbish": "x",
        "unsigned": f"{encoded({'alg': 'none'})}.{encoded(good)}.",
        "another realm": signer({**good, "iss": f"https://{identity}/realms/{DUNHAM.code}"}),
        "another client": signer({**good, "aud": "nextcloud"}),
        "with a nonce": signer({**good, "nonce": "n"}),
        "expired": signer({**good, "exp": good["iat"] - 60}),
        "no event": signer({**good, "events": {}}),
        "nobody": signer({name: value for name, value in good.items() if name != "sub"}),
    }
    for name, token in refused.items():
        assert post_logout(stranger, token).status == 400, name
    assert role(browser) == "contributor"
    assert stranger.get(f"{HOME}/nuage-backchannel-logout").status == 405
    assert post_logout(stranger, signer(good), DUNHAM).status == 400, "a neighbour's token"
    token = signer(good)
    answer = post_logout(stranger, token)
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert role(browser) == ""
    enter(another(), person)
    assert post_logout(stranger, token).status == 400, "replayed"


def test_an_answer_belongs_to_the_browser_that_asked(realm: Realm, another: Callable[[], Browser]) -> None:
    """Somebody's own answer, given to another, signs the other in as nobody."""
    person = realm.person("employes")
    mine, theirs = (another() for _ in range(2))
    page = mine.get(f"{HOME}/wp-admin/")
    target, fields = page.form("kc-form-login")
    sent = mine.open(target, fields | {"username": person.user, "password": person.password}, follow=False)
    answer = sent.headers["Location"]
    assert answer.startswith(f"{HOME}/wp-admin/admin-ajax.php?action=openid-connect-authorize")
    assert "login-error" in theirs.get(answer).address
    assert role(theirs) == ""
    # Not even one who began a sign-in of their own.
    theirs.get(f"{HOME}/wp-admin/")
    assert "login-error" in theirs.get(answer).address
    assert mine.get(answer).address == f"{HOME}/wp-admin/"


def test_nobody_is_led_away(realm: Realm, browser: Browser) -> None:
    person = realm.person("employes")
    start = f"{HOME}/wp-login.php?action=nuage-signin&redirect_to=https%3A%2F%2Fevil.example%2F"
    assert sign_in(browser, person, start).address == f"{HOME}/wp-admin/"


def test_the_sites_own_passwords_are_off(deployment: Deployment, browser: Browser, identity: str) -> None:
    assert identity
    page = browser.open(f"{HOME}/wp-login.php", {"log": f"admin-{FRELIGHSBURG.code}", "pwd": "x"})
    assert page.status == 403
    assert 'name="pwd"' not in page.body
    for query in ("local=1", "action=lostpassword", "action=register", "action=rp&key=a&login=b"):
        assert 'type="password"' not in browser.get(f"{HOME}/wp-login.php?{query}").body
    assert browser.open(f"{HOME}/xmlrpc.php", {"x": "y"}).status in (403, 404, 405)
    assert browser.get(f"{HOME}/wp-json/wp/v2/users/me").status == 401
    assert deployment.get(FRELIGHSBURG).status == 200


def test_what_administrators_may_not_touch(realm: Realm, browser: Browser) -> None:
    """The sign-in itself, people and roles: those are the realm's."""
    enter(browser, realm.person("administrateurs", second_factor=True))
    for place in ("user-new.php", "options-general.php?page=openid-connect-generic-settings"):
        assert browser.get(f"{HOME}/wp-admin/{place}", follow=False).status == 403, place
    assert "openid-connect-generic" not in browser.get(f"{HOME}/wp-admin/plugins.php").body
    assert 'name="pass1"' not in browser.get(f"{HOME}/wp-admin/profile.php").body
