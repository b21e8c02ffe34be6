# SPDX-License-Identifier: AGPL-3.0-or-later
"""The theme and the starter pages say the same in French and in English."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
SITE = ROOT / "roles/server_wordpress/files/usr/share/nuage/wordpress"
STRING = r"'((?:[^'\\]|\\.)*)'"
CATALOGUES = {
    "nuage-municipal": (SITE / "themes/nuage-municipal", "themes/nuage-municipal/languages/fr_FR.l10n.php"),
    "nuage": (SITE / "mu-plugins", "mu-plugins/nuage/languages/nuage-fr_FR.l10n.php"),
}


def programs(folder: Path) -> str:
    return "\n".join(path.read_text() for path in folder.rglob("*.php") if "languages" not in path.parts)


def catalogue(path: str) -> dict[str, str]:
    messages = (SITE / path).read_text().split("'messages'", 1)[1]
    return dict(re.findall(rf"^\s+{STRING} => {STRING},$", messages, re.MULTILINE))


@pytest.mark.parametrize("domain", CATALOGUES)
def test_every_string_is_in_french_and_none_is_left_over(domain: str) -> None:
    folder, path = CATALOGUES[domain]
    used = set(
        re.findall(rf"(?:__|_e|esc_html__|esc_html_e|esc_attr_e)\({STRING}, '{domain}'\)", programs(folder))
    )
    assert len(used) > 5
    assert used == set(catalogue(path))


def every_french_text() -> list[str]:
    texts = [text for _, path in CATALOGUES.values() for text in catalogue(path).values()]
    texts += catalogue("mu-plugins/nuage/languages/core-fr_FR.l10n.php").values()
    return [*texts, re.sub(r"<!--.*?-->", "", (SITE / "install/content.fr.php").read_text())]


def test_french_typography() -> None:
    for text in every_french_text():
        assert not re.search(r"[\w»]\s+[?!;](?:\s|$|<)", text), f"a space before a mark: {text[:80]}"
        assert not re.search("«[^\u00a0]|[^\u00a0]»", text), (
            f"guillemets hold unbreakable spaces: {text[:80]}"
        )


def keys(language: str) -> list[str]:
    content = (SITE / f"install/content.{language}.php").read_text()
    return re.findall(r"^\$pages\['(\w+)'\]", content, re.MULTILINE)


def test_both_languages_have_the_same_pages() -> None:
    assert keys("fr") == keys("en")
    assert {"home", "notices", "council", "contact", "privacy", "accessibility"} <= set(keys("fr"))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_links_between_starter_pages_lead_somewhere(language: str) -> None:
    content = (SITE / f"install/content.{language}.php").read_text()
    slugs = set(re.findall(rf"'slug' => {STRING}", content))
    links = re.findall(r'href="/([^"]+)/"', content)
    assert links
    assert set(links) <= slugs


def test_every_program_carries_its_licence_and_nothing_comes_from_elsewhere() -> None:
    for path in SITE.rglob("*"):
        if path.suffix not in {".php", ".css", ".html", ".svg"}:
            continue
        text = path.read_text()
        assert "SPDX-License-Identifier: AGPL-3.0-or-later" in text, path
        if "languages" not in path.parts:
            assert not re.search(r"""(?:src|href)=["']https?:|@import|url\(["']?https?:""", text), path
