"""The map: well formed, self-contained, and readable without seeing it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from provisioner.audit.location import judging
from provisioner.audit.location import map as drawing
from tests.unit.audit.location.simulated import AUDIT, INNER, OUTER, Exchange, consortium, point

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*times_ms: float) -> str:
    spec = consortium(point(id_="<a>"))
    documents = [Exchange([ms] * 200).document(vantage_point="<a>") for ms in times_ms]
    verdict = judging.judge("srv1", spec, AUDIT, documents, (INNER, OUTER))
    return drawing.svg("srv1", spec, verdict, OUTER)


@pytest.mark.parametrize("times", [(), (0.1,), (0.1, 3.0), (50.0,), (200.0,)])
def test_well_formed_and_self_contained(times: tuple[float, ...], language: str) -> None:
    text = drawn(*times)
    root = ElementTree.fromstring(text)
    assert root.get("lang") == language
    assert root.get("role") == "img"
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\((?!#)|<script|<image|href", text)
    identifiers = re.findall(r' id="([^"]+)"', text)
    assert len(identifiers) == len(set(identifiers))
    assert root.get("aria-labelledby", "").split() == [identifiers[0], identifiers[1]]


def test_the_description_says_what_is_drawn_and_what_is_not_proven(language: str) -> None:
    root = ElementTree.fromstring(drawn(0.1))
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and "srv1" in (title.text or "")
    said = {
        "fr": ("prouvé au Québec", "Non prouvé", "0,110 ms"),
        "en": ("proven inside", "Not proven", "0.110 ms"),
    }
    assert description is not None
    assert all(word in (description.text or "") for word in said[language])


def test_each_disk_is_drawn_at_both_speeds_and_in_both_panels() -> None:
    text = drawn(0.1, 0.3)
    assert text.count('<path class="c"') == text.count('<path class="g"') == 4


def test_a_disk_wider_than_the_map_is_named_instead(language: str) -> None:
    text = drawn(50.0)
    assert '<path class="c"' not in text
    assert "7496 km" in text
