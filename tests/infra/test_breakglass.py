"""Break-glass: a local administrator for a short time, and no longer."""

from __future__ import annotations

import html
import json
import re
import time
from typing import Any

import pytest

from tests.browsing import Browser, Page
from tests.deployed import FRELIGHSBURG, HOST, Deployment, wait_until
from tests.realm import HOME, role
from tests.towns import need

pytestmark = pytest.mark.lab


def local(browser: Browser, opened: dict[str, Any]) -> Page:
    return browser.open(f"{HOME}/wp-login.php", {"log": opened["account"], "pwd": opened["password"]})


def break_glass(deployment: Deployment, minutes: int, service: str = "wordpress") -> dict[str, Any]:
    words = ("breakglass", FRELIGHSBURG.slug, service, "--reason", "essai {{ 1 }}", "--minutes", str(minutes))
    return dict(json.loads(deployment.nuage(*words, "--json").stdout))


def test_break_glass_opens_and_closes(deployment: Deployment, identity: str, browser: Browser) -> None:
    assert identity
    opened = break_glass(deployment, 30)
    assert 'name="pwd"' in browser.get(opened["address"]).body
    wrong = {**opened, "account": f"admin-{FRELIGHSBURG.code}"}
    assert role(local(browser, wrong) and browser) == ""
    local(browser, opened)
    assert role(browser) == "administrator"
    assert deployment.nuage("breakglass", FRELIGHSBURG.slug, "wordpress", "--reason", "two", code=4)
    (listed,) = json.loads(deployment.nuage("breakglass", "list", "--json").stdout)
    assert (listed["account"], listed["reason"]) == (opened["account"], "essai {{ 1 }}")
    deployment.nuage("breakglass", "end", FRELIGHSBURG.slug, "wordpress")
    assert role(browser) == ""
    assert local(browser, opened).status == 403
    assert json.loads(deployment.nuage("breakglass", "list", "--json").stdout) == []
    for path in (deployment.folder / "runs").glob("*breakglass.log"):
        assert opened["password"] not in path.read_text("utf-8")
    record = (deployment.folder / "breakglass.log.jsonl").read_text("utf-8")
    assert opened["account"] in record
    assert opened["password"] not in record
    assert opened["account"] in deployment.sh("journalctl -t nuage-breakglass --no-pager -n 20")
    assert opened["password"] not in deployment.sh("journalctl --no-pager -b")


def in_cloud(browser: Browser, opened: dict[str, Any]) -> bool:
    """Whether the account is in Nextcloud's administration after it tried to sign in."""
    page = browser.get(opened["address"])
    token = re.search(r'data-requesttoken="([^"]+)"', page.body)
    assert token, page.body[:2000]
    fields = {
        "user": opened["account"],
        "password": opened["password"],
        "requesttoken": html.unescape(token[1]),
    }
    browser.open(opened["address"], fields)
    return administers(browser)


def administers(browser: Browser) -> bool:
    page = browser.get(f"https://{FRELIGHSBURG.cloud}/settings/admin/overview", follow=False)
    return page.status == 200


def test_break_glass_of_nextcloud(deployment: Deployment, identity: str, browser: Browser) -> None:
    assert identity
    need("nextcloud", "user_oidc")
    opened = break_glass(deployment, 30, "nextcloud")
    assert in_cloud(browser, opened)
    deployment.nuage("breakglass", "end", FRELIGHSBURG.slug, "nextcloud")
    assert not administers(browser)
    assert not in_cloud(browser, opened)


def test_break_glass_ends_by_itself_even_when_the_server_was_off(
    deployment: Deployment, identity: str, browser: Browser
) -> None:
    assert identity
    opened = break_glass(deployment, 1)
    local(browser, opened)
    assert role(browser) == "administrator"
    deployment.lab.kill(HOST)
    time.sleep(max(0, opened["until"] - time.time()) + 1)
    deployment.lab.start(HOST)
    query = f"SELECT COUNT(*) FROM {FRELIGHSBURG.user}.wp_users WHERE user_login='{opened['account']}'"
    wait_until(
        lambda: deployment.sh(f'mariadb -N -e "{query}"', code=None).strip() == "0",
        90,
        "removed after the start",
    )
    wait_until(lambda: deployment.get(FRELIGHSBURG).status == 200, 60, "the site answers")
    starts = "systemctl is-active nuage-identity.service || true"
    wait_until(lambda: deployment.sh(starts).strip() == "active", 300, "the next test has its realm")
    assert role(browser) == ""
