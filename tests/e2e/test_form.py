"""The request form in a real browser: filled in by keyboard and mouse, saved, imported, and under axe."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from provisioner import folder as specs
from provisioner.directory.municipality import Directory, Municipality, Source
from provisioner.requests import book, draft, form, sources
from provisioner.spec.tenant import State

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OUTSIDE = """() => [...document.querySelectorAll("main *")].filter((one) => {
  const card = one.parentElement.closest(".card, .errors");
  return card && one.getClientRects().length && (
    one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display === "block"
    || one.getBoundingClientRect().right > card.getBoundingClientRect().right + 1);
}).map((one) => one.id || one.textContent)"""
FACTS = (
    ("07025", "Albertville", "albertville", "Municipalité", 262, "La Matapédia", ""),
    ("07105", "Saint-Damase", "saint-damase-07105", "Paroisse", 382, "La Matapédia", ""),
    ("46005", "Abercorn", "abercorn", "Village", 368, "Brome-Missisquoi", "www.abercorn.example"),
    ("54017", "Saint-Damase", "saint-damase-54017", "Municipalité", 2391, "Les Maskoutains", ""),
    ("61045", "Notre-Dame-de-Lourdes", "n-d", "Municipalité", None, "Joliette", "nddl.example"),
)


def directory() -> Directory:
    return Directory(
        Source("MUN.csv", "0" * 64, len(FACTS), len(FACTS)),
        tuple(
            Municipality(
                code=code,
                name=name,
                slug=slug,
                designation=designation,
                local=True,
                population=population,
                region="Une région",
                mrc=mrc,
                website=website,
                address="",
            )
            for code, name, slug, designation, population, mrc, website in FACTS
        ),
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"SKIPPED, NOT TESTED: {CHROMIUM} is absent")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The form, opened from disk; any request beside the file itself, or any script error, fails the test."""
    file = tmp_path / "demande.html"
    file.write_text(form.page(directory(), "equipe@consortium.example"), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1000, "height": 900}, accept_downloads=True)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())
    yield page
    page.close()
    assert [url for url in asked if not url.startswith("blob:")] == [file.as_uri()]
    assert complaints == []


def clean(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    rules = {rule["id"] for rule in results.response.get("passes", [])}
    assert {"color-contrast", "label"} <= rules, "axe really looked"


def fill(page: Page) -> None:
    page.fill("#code", "aberc")
    page.fill("#administrator_name", "Zoé Roy")
    page.fill("#administrator_email", "zoe.roy@abercorn.example")
    page.check("#same")
    page.check("#consent")


def saved(page: Page, tmp_path: Path) -> Path:
    with page.expect_download() as waiting:
        page.click("button[type=submit]")
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_what_the_form_saves_is_imported(page: Page, tmp_path: Path) -> None:
    fill(page)
    assert page.input_value("#website") == "www.abercorn.example"
    page.fill("#website", "https://WWW.Municipalité.example/")
    page.fill("#aliases", "abercorn.example\n")
    page.fill("#administrator_telephone", "450 555-0100")
    page.check("[name=size][value=medium]")
    page.check("#wanted")
    assert page.input_value("#nextcloud") == "nuage.municipalité.example"
    page.fill("#note", "Date souhaitée : mars.\nMerci!")
    path = saved(page, tmp_path)
    assert path.name == "demande-46005.json"
    assert "demande-46005.json" in page.inner_text("#done")
    assert "equipe@consortium.example" in page.inner_text("#done")

    folder = tmp_path / "consortium"
    folder.mkdir()
    shutil.copy(ROOT / "inventories/example/consortium.yml", folder)
    entries = sources.read_all([(path.read_bytes(), path.name)])
    book.add(folder, entries, directory(), draft.Signature("alice", draft.now()))
    tenant = specs.load(folder).tenants["abercorn"]
    assert (tenant.code, tenant.state) == ("46005", State.REQUESTED)
    assert tenant.domains.website == "www.xn--municipalit-lbb.example"
    assert tenant.domains.website_aliases == ("abercorn.example",)
    assert tenant.contacts.administrator.name == "Zoé Roy"
    assert tenant.contacts.privacy_officer == tenant.contacts.administrator
    assert tenant.services.wordpress is not None
    assert tenant.services.wordpress.size.value == "medium"
    assert tenant.services.names == ("identity", "nextcloud", "wordpress")
    assert tenant.domains.nextcloud == "nuage.xn--municipalit-lbb.example"
    assert tenant.history[0].reason == "Date souhaitée : mars.\nMerci!"


def test_nextcloud_follows_the_website_until_somebody_writes_another(page: Page, tmp_path: Path) -> None:
    page.check("#wanted")
    assert page.input_value("#nextcloud") == ""
    fill(page)
    assert page.input_value("#nextcloud") == "nuage.abercorn.example"
    page.fill("#website", "ville.example")
    page.press("#website", "Tab")
    assert page.input_value("#nextcloud") == "nuage.ville.example"
    page.fill("#nextcloud", "https://Ville.example/")
    page.fill("#website", "www.ville.example")
    page.fill("#aliases", "ville.example")
    page.click("button[type=submit]")
    assert page.evaluate("document.activeElement.id") == "errors"
    assert "déjà celle de votre site" in page.inner_text("#nextcloud-error")
    page.locator("#error-list a").click()
    assert page.evaluate("document.activeElement.id") == "nextcloud"
    page.fill("#nextcloud", "fichiers.ville.example")
    request = json.loads(saved(page, tmp_path).read_text(encoding="utf-8"))["request"]
    assert request["nextcloud"] == "fichiers.ville.example"
    assert "accounts" not in request, "they go without saying"


def test_accounts_alone_and_answers_that_arent_asked_for_any_more(page: Page, tmp_path: Path) -> None:
    fill(page)
    assert not page.is_visible("#nextcloud")
    page.check("#wanted")
    assert not page.is_visible("#accounts")
    page.fill("#nextcloud", "pas un site")
    page.click("button[type=submit]")
    assert "n'est pas valide" in page.inner_text("#nextcloud-error")
    page.uncheck("#wanted")
    assert not page.is_visible("#errors"), "nothing is left to correct"
    page.check("#accounts")
    request = json.loads(saved(page, tmp_path).read_text(encoding="utf-8"))["request"]
    assert (request["accounts"], request.get("nextcloud")) == ("yes", None)


def test_namesakes_are_told_apart(page: Page, tmp_path: Path) -> None:
    fill(page)
    page.fill("#code", "st dam")
    assert page.inner_text("#found") == "2 municipalités trouvées."
    page.check("[name=municipality][value='07105']")
    page.fill("#website", "www.damase.example")
    request = json.loads(saved(page, tmp_path).read_text(encoding="utf-8"))["request"]
    assert (request["code"], request["name"]) == ("07105", "Saint-Damase")


def test_nothing_is_saved_while_something_is_missing(page: Page) -> None:
    downloads: list[str] = []
    page.on("download", lambda download: downloads.append(download.url))
    page.click("button[type=submit]")
    assert page.evaluate("document.activeElement.id") == "errors"
    assert page.locator("#error-list li").count() == 7
    assert page.locator("[aria-invalid=true]").count() == 7
    clean(page)
    page.locator("#error-list a").nth(1).click()
    assert page.evaluate("document.activeElement.id") == "website"
    page.fill("#website", "pas un site")
    page.fill("#administrator_email", "a@b")
    page.keyboard.press("Enter")
    assert "n'est pas un nom de site" in page.inner_text("#website-error")
    assert "n'est pas valide" in page.inner_text("#administrator_email-error")
    page.wait_for_timeout(200)
    assert downloads == []
    assert not page.is_visible("#done")


def test_the_keyboard_alone_is_enough(page: Page, tmp_path: Path) -> None:
    def tab(times: int = 1) -> None:
        for _ in range(times):
            page.keyboard.press("Tab")

    tab()
    assert page.evaluate("document.activeElement.className") == "skip"
    tab(2)
    page.keyboard.type("saint-damase")
    tab()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    tab()
    assert page.evaluate("document.activeElement.id") == "website"
    page.keyboard.type("www.damase.example")
    tab(4)
    assert page.evaluate("document.activeElement.id") == "wanted"
    page.keyboard.press("Space")
    tab()
    assert page.evaluate("document.activeElement.id") == "nextcloud"
    tab()
    assert page.evaluate("document.activeElement.id") == "administrator_name"
    page.keyboard.type("A. Roy")
    tab()
    page.keyboard.type("a.roy@damase.example")
    tab(2)
    page.keyboard.press("Space")
    tab(2)
    assert page.evaluate("document.activeElement.id") == "consent"
    page.keyboard.press("Space")
    tab()
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    waiting.value.save_as(tmp_path / "saved.json")
    request = json.loads((tmp_path / "saved.json").read_text(encoding="utf-8"))["request"]
    assert (request["code"], request["privacy_name"]) == ("54017", "A. Roy")
    assert request["nextcloud"] == "nuage.damase.example"
    assert page.evaluate("document.activeElement.id") == "done"


@pytest.mark.parametrize("width", [1000, 320])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_axe_finds_nothing(page: Page, language: str, width: int, tmp_path: Path) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    if language == "en":
        page.click("#language")
    assert page.evaluate("document.documentElement.lang") == language
    assert page.title() == {"fr": "Demande d'une municipalité", "en": "A municipality's request"}[language]
    clean(page)
    fill(page)
    page.check("#wanted")
    page.fill("#nextcloud", "")
    page.fill("#administrator_email", "a@b")
    page.click("button[type=submit]")
    clean(page)
    assert page.evaluate(OUTSIDE) == [], "nothing sticks out of its card"
    fill(page)
    page.uncheck("#wanted")
    page.check("#wanted")
    clean(page)
    saved(page, tmp_path)
    clean(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing scrolls sideways"


def test_the_other_language_keeps_the_answers(page: Page) -> None:
    fill(page)
    page.click("button[type=submit]")
    page.click("#language")
    assert page.input_value("#administrator_name") == "Zoé Roy"
    assert page.is_checked("[name=municipality][value='46005']")
    assert page.inner_text("#h-done") == "Your request is saved"
    assert page.inner_text("#language") == "Français"


def test_without_javascript_it_says_so(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "demande.html"
    file.write_text(form.page(directory()), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert "JavaScript" in page.inner_text("noscript")
    assert page.inner_text("h1") == "Demande d'une municipalité"
    context.close()
