"""The transparency site and the report in a real browser: under axe, and on a telephone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from provisioner import folder as folders
from provisioner.audit.exporting import report
from provisioner.audit.publishing import document
from provisioner.audit.publishing.clauses import Annex
from provisioner.audit.publishing.writing import publish
from tests.unit.audit import bundles
from tests.unit.audit.exporting import samples

EXAMPLE = Path(__file__).parents[2] / "inventories" / "example"
CHROMIUM = shutil.which("chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]
WIDTHS = (1280, 320)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="SKIPPED, NOT TESTED: no chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of two audits; beside it the report of the second one, and the annex of a contract."""
    top = tmp_path_factory.mktemp("transparency")
    audits = [
        bundles.write(top / name, dossier.documents)
        for name, dossier in (("first", samples.before()), ("second", samples.now()))
    ]
    publish(audits, top / "site", with_bundles=True)
    for language in ("fr", "en"):
        page = report.html(samples.now(), language, samples.before())
        (top / "site" / f"report-{language}.html").write_text(page, encoding="utf-8")
    annex = document.html(Annex(folders.load(EXAMPLE).consortium, "fr").blocks(), "fr")
    (top / "site" / "annex.html").write_text(annex, encoding="utf-8")
    return top / "site"


def visit(browser: Browser, file: Path, width: int = 1280) -> dict[str, Any]:
    """What axe finds, how wide the page is, and what was asked of anybody."""
    context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    violations = Axe().run(page).response["violations"]
    found = {
        "axe": [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in violations],
        "wide": page.evaluate("document.documentElement.scrollWidth"),
        "outside": [url for url in asked if not url.startswith(("file:", "data:"))],
        "broken": page.evaluate(
            "[...document.images].filter((one) => !one.naturalWidth).map((one) => one.src)"
        ),
    }
    context.close()
    return found


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_accessible_fits_and_asks_nobody(browser: Browser, folder: Path, width: int) -> None:
    files = sorted(folder.rglob("*.html"))
    assert len(files) == 15
    for file in files:
        found = visit(browser, file, width)
        assert found == {"axe": [], "wide": width, "outside": [], "broken": []}, file.name


def test_axe_would_find_a_fault(browser: Browser, folder: Path) -> None:
    page = (folder / "index.html").read_text(encoding="utf-8").replace('lang="fr-CA"', "", 1)
    (folder / "broken.htm").write_text(page, encoding="utf-8")
    assert [one for one in visit(browser, folder / "broken.htm")["axe"] if one.startswith("html-has-lang")]


def test_the_first_tab_leads_to_the_content(browser: Browser, folder: Path) -> None:
    page = browser.new_page()
    page.goto((folder / "index.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "MAIN"


def test_the_style_is_there_under_the_pages_own_policy(browser: Browser, folder: Path) -> None:
    for name in ("index.html", "report-fr.html"):
        page = browser.new_page()
        page.goto((folder / name).as_uri())
        mark = "getComputedStyle(document.querySelector('.verdict-box'), '::before').backgroundImage"
        assert page.evaluate(mark).startswith('url("data:image/svg+xml'), name
