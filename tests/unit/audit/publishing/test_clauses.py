"""The annex of a contract: all that is checked is in it, and what the policy says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from provisioner import folder as folders
from provisioner.audit.controls.catalogue import BY_ID, CONTROLS
from provisioner.audit.publishing import document
from provisioner.audit.publishing.clauses import CLAUSES, Annex
from provisioner.cli.clauses import command
from provisioner.spec.consortium import Consortium

EXAMPLE = Path(__file__).parents[4] / "inventories" / "example"


@pytest.fixture
def consortium() -> Consortium:
    return folders.load(EXAMPLE).consortium


def markdown(consortium: Consortium, language: str = "fr") -> str:
    return document.markdown(Annex(consortium, language).blocks())


def test_every_control_is_in_one_clause_of_its_theme() -> None:
    named = [control for clause in CLAUSES for control in clause.controls]
    assert sorted(named) == sorted(control.id for control in CONTROLS)
    assert all(BY_ID[control].theme == clause.theme for clause in CLAUSES for control in clause.controls)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_table_of_controls_refers_to_the_clause_that_names_them(
    consortium: Consortium, language: str
) -> None:
    text = markdown(consortium, language)
    clause = ""
    stated = {}
    for line in text.splitlines():
        numbered = re.match(r"\*\*(\d+\.\d+)\*\*", line)
        clause = numbered[1] if numbered else clause
        control = re.match(r"- (NC-[A-Z]+-\d+) ", line)
        if control:
            stated[control[1]] = clause
    table = dict(re.findall(r"\| (NC-[A-Z]+-\d+) \| (\d+\.\d+) \|", text))
    assert table == stated
    assert set(table) == set(BY_ID)


def test_articles_are_numbered_without_a_gap(consortium: Consortium) -> None:
    articles = [int(one) for one in re.findall(r"(?m)^## (\d+)\. ", markdown(consortium))]
    assert articles == list(range(1, len(articles) + 1))
    clauses = re.findall(r"(?m)^\*\*(\d+)\.(\d+)\*\*", markdown(consortium))
    for article in articles:
        numbers = [int(number) for of, number in clauses if int(of) == article]
        assert numbers == list(range(1, len(numbers) + 1)), article


def test_what_the_policy_says_is_what_is_signed(consortium: Consortium) -> None:
    policy = consortium.policy.model_copy(
        update={"countries": frozenset({"CA", "FR"}), "declared_flows": frozenset({"acme"})}
    )
    audit = consortium.audit.model_copy(update={"patch_days": 9})
    changed = consortium.model_copy(update={"policy": policy, "audit": audit})
    text = markdown(changed).replace("\u00a0", " ")
    assert "dans les pays suivants : Canada, FR" in text
    assert "les flux acceptés par les membres : acme" in text
    assert "au plus tard 9 jours après leur publication" in text


def test_the_digest_is_of_what_is_checked(consortium: Consortium) -> None:
    def digest(text: str) -> str:
        found = re.search(r"[0-9a-f]{64}", text)
        assert found
        return found[0]

    stricter = consortium.model_copy(update={"audit": consortium.audit.model_copy(update={"patch_days": 3})})
    assert digest(markdown(consortium)) == digest(markdown(consortium, "en"))
    assert digest(markdown(consortium)) != digest(markdown(stricter))


def test_names_are_text_in_both_formats(consortium: Consortium) -> None:
    named = consortium.model_copy(update={"name": "<b>*A*</b> | [x](y)"})
    blocks = Annex(named, "fr").blocks()
    assert "\\<b\\>\\*A\\*\\</b\\> | \\[x\\](y)" in document.markdown(blocks)
    assert "<b>" not in document.html(blocks, "fr")
    cells = document.markdown([document.Table(("a",), (("x | y",),))])
    assert "| x \\| y |" in cells


def test_the_page_needs_nobody(consortium: Consortium) -> None:
    page = document.html(Annex(consortium, "fr").blocks(), "fr").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|<script|<link|<img|src=", page)


def test_the_command_writes_both_formats(tmp_path: Path) -> None:
    shown = CliRunner().invoke(command, ["-C", str(EXAMPLE)], catch_exceptions=False)
    assert shown.output.startswith("# Annexe — Souveraineté")
    target = tmp_path / "annex.html"
    arguments = ["-C", str(EXAMPLE), "--language", "en", "--format", "html", "-o", str(target)]
    assert CliRunner().invoke(command, arguments, catch_exceptions=False).exit_code == 0
    assert '<html lang="en-CA">' in target.read_text(encoding="utf-8")
