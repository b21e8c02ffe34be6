# SPDX-License-Identifier: AGPL-3.0-or-later
"""One sign-in, as a municipality's people live it: in headless Chromium, from the invitation to the last sign-out."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, expect

from tests.deployed import DUNHAM, FRELIGHSBURG, Deployment, Site, need, wait_until
from tests.e2e.people import Somebody, chromium, invitation

pytestmark = pytest.mark.lab

CLOUD, SITE = f"https://{FRELIGHSBURG.cloud}", f"https://{FRELIGHSBURG.domain}"
PEOPLE = """identifiant;prenom;nom;courriel;groupes
{0}-marie;Marie;Tremblay;{0}-marie@{1};administrateurs
{0}-luc;Luc;Roy;{0}-luc@{1};redaction-web,employes
"""
RUN = secrets.token_hex(2)
"""In people's names: an invitation is good once, and a kept deployment has those of earlier sessions."""
BOUND_S = 75
"""Until a website asks the realm again (a minute), and some more for the machine."""


@pytest.fixture(scope="module")
def archives() -> None:
    need("nextcloud", "user_oidc", "openid-connect-generic")


def invite(deployment: Deployment, site: Site, folder: Path) -> None:
    """Two people of a municipality."""
    sheet = folder / f"{site.slug}.csv"
    sheet.write_text(PEOPLE.format(f"{site.slug}{RUN}", site.domain.removeprefix("www.")), encoding="utf-8")
    deployment.nuage("users", "import", str(sheet), site.slug)


@pytest.fixture(scope="module")
def browser(
    archives: None, deployment: Deployment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("people")
    for site in (FRELIGHSBURG, DUNHAM):
        invite(deployment, site, folder)
    with chromium({name: str(address) for name, address in deployment.lab.status().names.items()}) as started:
        yield started


def arrive(deployment: Deployment, browser: Browser, user: str) -> Somebody:
    """Somebody who followed the invitation and is signed in nowhere yet."""
    person = Somebody(browser, user)
    person.accept(invitation(deployment, user))
    person.context.clear_cookies()
    return person


@pytest.fixture(scope="module")
def marie(deployment: Deployment, browser: Browser) -> Somebody:
    return arrive(deployment, browser, f"{FRELIGHSBURG.slug}{RUN}-marie")


@pytest.fixture(scope="module")
def luc(deployment: Deployment, browser: Browser) -> Somebody:
    return arrive(deployment, browser, f"{FRELIGHSBURG.slug}{RUN}-luc")


def test_an_administrator_needs_a_second_factor_and_an_editor_does_not(
    marie: Somebody, luc: Somebody
) -> None:
    assert marie.factor
    assert not luc.factor


def test_one_sign_in_opens_nextcloud_and_the_website(marie: Somebody) -> None:
    marie.open(CLOUD)
    marie.sign_in()
    marie.arrive(CLOUD)
    expect(marie.page.locator("#header, header").first).to_be_visible(timeout=60_000)
    marie.picture("nextcloud")
    marie.open(f"{SITE}/wp-admin/")
    marie.arrive(f"{SITE}/wp-admin/")
    assert marie.page.locator("#adminmenu a[href='options-general.php']").count()
    marie.picture("site")


def test_a_file_is_uploaded_shared_and_downloaded(
    deployment: Deployment, marie: Somebody, tmp_path: Path
) -> None:
    if not deployment.sh("ls /usr/share/nuage/trees/nextcloud-*/dist/core-common.js || true").strip():
        pytest.skip(
            "SKIPPED, NOT TESTED: this archive of Nextcloud lacks dist/core-common.js, which its pages need"
        )
    text = tmp_path / "procès-verbal.txt"
    text.write_text("Séance du conseil du 12 janvier\n", encoding="utf-8")
    marie.open(f"{CLOUD}/apps/files/")
    chooser = marie.page.locator("input[type=file]").first
    chooser.wait_for(state="attached", timeout=60_000)
    chooser.set_input_files(text)
    expect(marie.page.get_by_text("procès-verbal").first).to_be_visible(timeout=60_000)
    marie.picture("fichiers")
    # What the page's own buttons ask for, with the session that the page has.
    link = marie.page.evaluate(
        """async () => {
            const told = {"OCS-APIRequest": "true", "Content-Type": "application/json", Accept: "application/json",
                          requesttoken: document.head.dataset.requesttoken};
            const asked = {path: "/procès-verbal.txt", shareType: 3};
            const answer = await fetch("/ocs/v2.php/apps/files_sharing/api/v1/shares",
                                       {method: "POST", headers: told, body: JSON.stringify(asked)});
            return (await answer.json()).ocs.data.url;
        }"""
    )
    assert str(link).startswith(CLOUD)
    stranger = Somebody(marie.browser, "passante")
    with stranger.page.expect_download() as download, suppress(Error):
        # A page that turns out to be a file is no page: Chromium calls that an aborted navigation.
        stranger.open(f"{link}/download")
    assert download.value.path().read_text(encoding="utf-8") == text.read_text(encoding="utf-8")


def test_an_editor_publishes_a_page_that_citizens_read(deployment: Deployment, luc: Somebody) -> None:
    luc.open(f"{SITE}/wp-admin/")
    luc.sign_in()
    luc.arrive(f"{SITE}/wp-admin/")
    assert luc.page.locator("#adminmenu a[href='options-general.php']").count() == 0
    luc.open(f"{SITE}/wp-admin/post-new.php?post_type=page")
    luc.picture("redaction")
    slug = luc.page.evaluate(
        """async () => {
            const page = {title: "Fête de la pomme", content: "Samedi, au parc.", status: "publish"};
            return (await wp.apiFetch({path: "/wp/v2/pages", method: "POST", data: page})).slug;
        }"""
    )
    assert "Fête de la pomme" in deployment.get(FRELIGHSBURG, f"/{slug}/").body


def test_another_municipality_s_person_is_refused(deployment: Deployment, browser: Browser) -> None:
    stranger = arrive(deployment, browser, f"{DUNHAM.slug}{RUN}-luc")
    stranger.open(f"https://{DUNHAM.cloud}")
    stranger.sign_in()
    stranger.arrive(f"https://{DUNHAM.cloud}")
    # Signed in at home, and yet a stranger here: this municipality's page asks who they are, and knows them not.
    for place in (CLOUD, f"{SITE}/wp-admin/"):
        assert stranger.is_asked_to_sign_in(place)
        stranger.sign_in()
        assert stranger.page.locator("#kc-form-login, #kc-login").count(), stranger.page.url
    stranger.picture("refus")


def test_signing_out_of_nextcloud_signs_out_of_all(marie: Somebody) -> None:
    marie.open(f"{CLOUD}/apps/files/")
    out = marie.page.evaluate(
        "() => '/logout?requesttoken=' + encodeURIComponent(document.head.dataset.requesttoken)"
    )
    marie.open(f"{CLOUD}{out}")
    marie.page.wait_for_load_state("domcontentloaded")
    marie.picture("sortie")
    assert marie.is_asked_to_sign_in(f"{SITE}/wp-admin/")
    assert marie.is_asked_to_sign_in(CLOUD)


def test_a_disabled_person_is_refused_everywhere(deployment: Deployment, luc: Somebody) -> None:
    luc.open(CLOUD)
    luc.arrive(CLOUD)
    deployment.nuage("users", "disable", FRELIGHSBURG.slug, luc.user)
    for place in (f"{SITE}/wp-admin/", f"{CLOUD}/apps/files/"):
        wait_until(lambda place=place: luc.is_asked_to_sign_in(place), BOUND_S, f"{place} is closed")
    luc.submit(username=luc.user, password="faux mot de passe")
    luc.submit(username=luc.user, password="Vent du large 7 marées!")
    luc.picture("ferme")
    assert luc.page.locator("#kc-form-login, #kc-login").count()
