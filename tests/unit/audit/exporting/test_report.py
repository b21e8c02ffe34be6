"""The report: what a council reads is what the findings say, and nothing sounds better than it is."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from provisioner.audit.exporting import changes, report, view
from provisioner.audit.exporting.dossier import Dossier, Finding, Subject, worst
from provisioner.audit.exporting.words import Words
from provisioner.errors import InvalidInputError
from tests.unit.audit import bundles
from tests.unit.audit.exporting import samples

FRENCH = Words("fr")


def sheets(page: str) -> dict[str, str]:
    """The pages of a report by their municipality's code; the consortium's without one."""
    found = re.findall(r'<article class="sheet"(?: id="m(\d+)")?>(.*?)</article>', page, re.DOTALL)
    return dict(found)


def text(page: str) -> str:
    """What a person reads of a page."""
    words: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            words.append(data)

    Reader().feed(page)
    return re.sub(r"\s+", " ", " ".join(words))


def judged(*verdicts: str) -> view.Tally:
    return view.tally(verdicts)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (("satisfied",), "satisfied"),
        (("satisfied", "not-checked"), "not-checked"),
        (("not-checked", "inconclusive", "satisfied"), "inconclusive"),
        (("inconclusive", "not-satisfied"), "not-satisfied"),
        ((), "not-checked"),
    ],
)
def test_the_gravest_verdict_decides(verdicts: tuple[str, ...], expected: str) -> None:
    assert worst(verdicts) == expected


@pytest.mark.parametrize("open_verdict", ["inconclusive", "not-checked"])
def test_a_headline_with_something_open_is_no_pass(open_verdict: str) -> None:
    good = view.headline(judged("satisfied", "satisfied"), FRENCH)
    open_ = view.headline(judged("satisfied", open_verdict), FRENCH)
    failed = view.headline(judged("satisfied", open_verdict, "not-satisfied"), FRENCH)
    assert len({good, open_, failed}) == 3
    assert "reste sans réponse" in open_
    assert "n'est pas satisfaite" in failed


def test_a_municipality_has_the_findings_of_what_it_depends_on() -> None:
    dossier = samples.now()
    about = {
        code: {(one.control, one.subject) for one in dossier.about(code)} for code in bundles.MUNICIPALITIES
    }
    backups = ("NC-STO-02", Subject("server", "srv1"))
    assert [code for code, found in about.items() if backups in found] == ["46005", "82005"]
    for found in about.values():
        assert ("NC-FLO-10", Subject("consortium", "nuage-commun")) in found
    assert ("NC-OWN-01", Subject("operator", "regie-exemple")) not in about["46005"]
    assert ("NC-PRI-02", Subject("municipality", "82005")) not in about["46005"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_has_its_page_and_every_text_is_filled(language: str) -> None:
    page = report.html(samples.now(), language, samples.before())
    found = sheets(page)
    assert list(found) == ["", "46005", "82005", "01023"]
    assert f'<html lang="{language}-CA">' in page
    for sheet in found.values():
        assert not re.search(r"[{}]|None|audit-report\.", text(sheet))


def test_what_fails_and_what_is_open_is_said_where_it_concerns_somebody() -> None:
    found = {code: text(sheet) for code, sheet in sheets(report.html(samples.now(), "fr")).items()}
    backups = FRENCH.control("NC-STO-02") + " NC-STO-02"
    assert [code for code, sheet in found.items() if backups in sheet] == ["", "46005", "82005"]
    unchecked = FRENCH.control("NC-LOC-02") + " NC-LOC-02"
    assert [code for code, sheet in found.items() if unchecked in sheet] == ["", "01023"]
    assert "2 exigences ne sont pas satisfaites." in found[""]
    assert "38 sur 40" in found["46005"].replace("\u00a0", " ")


def test_an_open_question_isnt_answered_with_the_requirement_as_a_fact() -> None:
    lines = view.lines(samples.now().about("46005"), samples.now(), FRENCH)
    answer = next(one for one in view.answers(lines, FRENCH) if one.theme == "location")
    assert answer.verdict == "inconclusive"
    assert answer.text.startswith("On ne peut conclure")
    assert "Oui" not in answer.text


def test_the_page_asks_nobody_and_runs_nothing() -> None:
    page = report.html(samples.now(), "fr").replace("xmlns='http://www.w3.org/2000/svg'", "")
    assert not re.search(r"""https?://|<script|<link|@import|url\((?!"data:)| on[a-z]+=""", page)
    assert re.findall(r'(?:href|src)="(?!#|data:)([^"]*)', page) == []


def test_names_are_text_whatever_they_hold() -> None:
    documents = bundles.documents(bundles.findings(samples.BAD))
    documents["specs/municipalities/46005.json"]["name"] = "<script>alert(1)</script>"
    documents["audit.json"]["consortium"] = '"><b>'
    page = report.html(Dossier(documents), "fr")
    assert "<script" not in page
    assert "<b>" not in page


def test_changes_are_told_with_the_graver_first() -> None:
    found = changes.since(samples.before(), samples.now())
    assert [(one.control, one.before, one.after, one.worse) for one in found] == [
        ("NC-STO-02", "satisfied", "not-satisfied", True),
        ("NC-PAT-01", "not-satisfied", "satisfied", False),
    ]
    sheet = text(sheets(report.html(samples.now(), "fr", samples.before()))["01023"])
    assert "depuis l'audit du 20 août 2026" in sheet.replace("\u00a0", " ")
    assert FRENCH.control("NC-PAT-01") + ", le serveur srv2" in sheet
    assert FRENCH.control("NC-STO-02") not in sheet


def test_something_new_that_fails_is_worse_and_something_gone_is_told() -> None:
    documents = bundles.documents(
        [*bundles.findings({}), bundles.finding("NC-X", "server", "srv3", "not-checked")]
    )
    earlier = bundles.documents(
        [*bundles.findings({}), bundles.finding("NC-Y", "server", "srv0")], bundles.BEFORE, previous=None
    )
    found = changes.since(Dossier(earlier), Dossier(documents))
    assert [(one.control, one.before, one.after, one.worse) for one in found] == [
        ("NC-X", "", "not-checked", True),
        ("NC-Y", "satisfied", "", False),
    ]


def test_only_the_audit_before_is_compared_with() -> None:
    with pytest.raises(InvalidInputError) as caught:
        changes.since(samples.now(), samples.now())
    assert caught.value.problems[0].context["expected"] == bundles.BEFORE


def test_a_first_audit_and_a_missing_one_differ() -> None:
    assert "premier audit" in report.html(samples.before(), "fr")
    assert "n'a pas été fourni" in report.html(samples.now(), "fr").replace("&#39;", "'")


def test_only_those_asked_for() -> None:
    assert list(sheets(report.html(samples.now(), "fr", only=["82005"]))) == ["", "82005"]
    with pytest.raises(InvalidInputError):
        report.html(samples.now(), "fr", only=["99999"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, "oui"), (None, "rien"), ([1, "a"], "1, a"), (list(range(9)), "0, 1, 2, 3, 4, 5 et 3 de plus")],
)
def test_values_are_words(value: Any, expected: str) -> None:
    assert FRENCH.value(value) == expected


def test_a_reason_shows_what_was_seen_and_survives_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"far": "À {km} km : {other}."}
    monkeypatch.setattr("provisioner.audit.exporting.words.messages.catalogue", lambda *_: texts)
    seen = Finding("NC-LOC-01", Subject("server", "srv1"), "inconclusive", "far", {"km": 42}, {}, ())
    assert Words("fr").reason(seen).replace("\u00a0", " ") == "À 42 km : …."


def test_a_whole_consortium_fails_in_a_few_lines() -> None:
    findings = [
        bundles.finding(
            "NC-FLO-08",
            "municipality",
            f"{n:05d}",
            "not-checked",
            reason="not-seen",
            observed={"missing": f"{n}"},
        )
        for n in range(1123)
    ]
    dossier = Dossier(bundles.documents(findings))
    [line] = view.lines(dossier.findings, dossier, FRENCH)
    assert len(line.reasons) == 4
    assert line.reasons[3].replace("\u00a0", " ") == "… et 1 120 autres, pour une raison semblable."


def test_changes_are_one_sentence_for_all_that_changed_alike() -> None:
    codes = list(bundles.MUNICIPALITIES)
    found = [
        *(
            changes.Change("NC-PRI-02", Subject("municipality", code), "satisfied", "not-satisfied")
            for code in codes
        ),
        *(changes.Change("NC-PRI-01", Subject("municipality", code), "", "satisfied") for code in codes[:2]),
        *(changes.Change("NC-PRI-02", Subject("municipality", code), "", "satisfied") for code in codes[:2]),
    ]
    told = [one.replace("\u00a0", " ") for one in view.changes(found, samples.now(), FRENCH)]
    assert len(told) == 2
    assert told[0].endswith(": Les Îles-de-la-Madeleine et Abercorn.")
    assert (
        "Les Îles-de-la-Madeleine, Abercorn et L'Ange-Gardien : satisfait, maintenant non satisfait."
        in told[1]
    )
