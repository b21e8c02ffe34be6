# SPDX-License-Identifier: AGPL-3.0-or-later
"""What citizens see of a running website, and what it refuses. Sites: NUAGE_TEST_SITES (see pages.py)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests import deployed
from tests.e2e import pages
from tests.e2e.pages import OTHER_PAGES, STARTER_PAGES, Site, Visit, get

pytestmark = pytest.mark.lab

HEADERS = {
    "strict-transport-security": "max-age=",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "content-security-policy": "default-src 'self'",
}


@pytest.fixture(
    scope="module",
    params=pages.sites() or [deployed.ABERCORN, deployed.GARDIEN],
    ids=lambda site: site.domain,
)
def site(request: pytest.FixtureRequest) -> Site:
    """Sites that run already, where NUAGE_TEST_SITES names some; else two of the session's deployment."""
    if isinstance(request.param, Site):
        return request.param
    deployment: deployed.Deployment = request.getfixturevalue("deployment")
    status = deployment.lab.status()
    os.environ["NUAGE_TEST_AUTHORITY"] = str(status.acme_root)
    return Site(request.param.domain, str(status.hosts[0].address), request.param.language)


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    with pages.browser(site) as started:
        yield started


def test_starter_pages_are_there(site: Site, browser: Browser) -> None:
    visit = Visit(browser)
    for path, title in STARTER_PAGES[site.language].items():
        assert visit.open(site, path) == 200, path
        assert visit.page.locator("h1").count() == 1, path
        assert title in visit.page.inner_text("h1"), path
        assert visit.page.get_attribute("html", "lang") == f"{site.language}-CA"
    assert visit.problems == []


@pytest.mark.parametrize(
    "look", [{"dark": False, "width": 1280}, {"dark": True, "width": 390}], ids=["wide", "dark"]
)
def test_axe_finds_nothing(site: Site, browser: Browser, look: dict[str, bool | int]) -> None:
    visit = Visit(browser, dark=bool(look["dark"]), width=int(look["width"]))
    found = {}
    for path in (*STARTER_PAGES[site.language], *OTHER_PAGES):
        visit.open(site, path)
        found[path] = visit.violations()
    assert {path: violations for path, violations in found.items() if violations} == {}


def test_pages_ask_no_other_host_and_keep_nothing(site: Site, browser: Browser) -> None:
    visit = Visit(browser)
    for path in (*STARTER_PAGES[site.language], "/?s=conseil", "/rien-du-tout/", "/feed/"):
        visit.open(site, path)
    assert visit.hosts == {site.domain}
    assert visit.cookies() == []
    visit.open(site, "/wp-login.php")
    assert visit.hosts == {site.domain}


def test_the_first_tab_leads_to_the_content(site: Site, browser: Browser) -> None:
    visit = Visit(browser)
    visit.open(site, "/")
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.className") == "skip-link"
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate("document.activeElement.tagName") == "MAIN"


def test_nothing_is_cut_on_a_narrow_screen(site: Site, browser: Browser) -> None:
    visit = Visit(browser, width=320)
    for path in STARTER_PAGES[site.language]:
        visit.open(site, path)
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 320, path


@pytest.mark.parametrize(
    "path", ["/", "/wp-login.php", "/rien-du-tout/", "/wp-content/themes/nuage-municipal/style.css"]
)
def test_security_headers(site: Site, path: str) -> None:
    headers = get(site, path).headers
    missing = [name for name, value in HEADERS.items() if value not in headers.get(name, "")]
    assert missing == []
    assert "x-powered-by" not in headers
    assert "/" not in headers.get("server", ""), "the version of the server is shown"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/xmlrpc.php", {403, 404}),
        ("/?author=1", {404}),
        ("/author/redaction/", {404}),
        ("/wp-json/wp/v2/users", {401}),
        ("/?rest_route=/wp/v2/users", {401}),
        ("/wp-sitemap-users-1.xml", {404}),
        ("/nous-joindre/embed/", {404}),
        ("/readme.html", {404}),
        ("/wp-config.php", {403, 404}),
        ("/.htaccess", {403, 404}),
        ("/wp-admin/install.php", {403, 404}),
        ("/wp-includes/version.php", {403, 404}),
        ("/wp-content/uploads/", {403, 404}),
        ("/wp-content/uploads/shell.php", {403, 404}),
        ("/wp-content/uploads/2026/11/shell.php", {403, 404}),
        ("/wp-content/uploads/shell.phtml", {403, 404}),
        ("/wp-content/uploads/shell.phar", {403, 404}),
        ("/wp-content/uploads/image.jpg/x.php", {403, 404}),
        ("/wp-content/mu-plugins/nuage.php", {403, 404}),
        ("/wp-content/themes/nuage-municipal/functions.php", {403, 404}),
    ],
)
def test_closed_doors(site: Site, path: str, status: set[int]) -> None:
    assert get(site, path).status in status


def test_xmlrpc_calls_are_refused(site: Site) -> None:
    call = "<?xml version='1.0'?><methodCall><methodName>system.listMethods</methodName></methodCall>"
    assert get(site, "/xmlrpc.php", method="POST", body=call).status in {403, 404, 405}


@pytest.mark.parametrize("path", ["/", "/wp-login.php", "/feed/"])
def test_no_page_names_its_software_version(site: Site, path: str) -> None:
    body = get(site, path).body
    assert 'name="generator"' not in body
    assert "<generator>" not in body
    assert "ver=6." not in body


def send(visit: Visit, site: Site, path: str, **fields: str) -> None:
    """The form of the sign-in page, filled in. Other tests may have used up the attempts that nginx grants an address;
    they come back one each five seconds."""
    for _attempt in range(12):
        visit.open(site, path)
        for name, value in fields.items():
            visit.page.fill(f"#{name}", value)
        with visit.page.expect_response(lambda answer: answer.request.method == "POST") as answered:
            visit.page.click("#wp-submit")
        if answered.value.status != 429:
            return
        time.sleep(5)
    raise AssertionError("the server still asks for patience")


def test_who_has_an_account_stays_unknown(site: Site, browser: Browser) -> None:
    visit = Visit(browser)
    seen = set()
    for user in (f"admin-{site.domain}", "nobody-at-all"):
        send(visit, site, "/wp-login.php", user_login=user, user_pass="not the password")
        visit.page.wait_for_selector("#login_error")
        seen.add(visit.page.inner_text("#login_error"))
    assert len(seen) == 1
    send(visit, site, "/wp-login.php?action=lostpassword", user_login="nobody-at-all")
    visit.page.wait_for_url("**checkemail=confirm")
