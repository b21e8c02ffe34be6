"""The report that a council reads: a page for the consortium and one per municipality, in one HTML file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from provisioner.audit.exporting import changes, view
from provisioner.audit.exporting.changes import Change
from provisioner.audit.exporting.dossier import Dossier, Finding, Subject
from provisioner.audit.exporting.facts import facts, lead, operators, places
from provisioner.audit.exporting.maps import Map, Maps, data_uri
from provisioner.audit.exporting.words import Words
from provisioner.errors import InvalidInputError

PAGE = Path(__file__).parent / "page"


@dataclass(frozen=True)
class Changes:
    """What changed since the last audit; ``text`` where there is nothing to list."""

    title: str
    text: str
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """One page: of the consortium, or of a municipality."""

    code: str
    name: str
    day: str
    headline: str
    tally: view.Tally
    answers: tuple[view.Answer, ...]
    failed: tuple[view.Line, ...]
    open: tuple[view.Line, ...]
    changes: Changes
    lead: str = ""
    place: str = ""
    operator: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    maps: tuple[Map, ...] = ()


def html(dossier: Dossier, language: str, previous: Dossier | None = None, only: Collection[str] = ()) -> str:
    """The whole report. ``only``: codes of the municipalities to have pages of; empty means all.

    Raises:
        InvalidInputError: ``previous`` isn't the audit before this one, or a code isn't in it.
    """
    words = Words(language)
    writer = Writer(dossier, words, previous)
    return (
        environment(PAGE)
        .get_template("report.html")
        .render(
            language=language,
            t=words,
            style=style("report.css"),
            cover=writer.cover(),
            pages=[writer.page(code) for code in _codes(dossier, only)],
            identity=identity(dossier),
            maps=writer.maps.all(),
            data_uri=data_uri,
        )
    )


@cache
def environment(*folders: Path) -> Environment:
    """Templates that escape everything and refuse a name they weren't given."""
    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def style(name: str, folder: Path = PAGE) -> Markup:
    """The common style and one page's own, to stand in a `style` element."""
    return Markup("").join(
        Markup(path.read_text(encoding="utf-8"))  # noqa: S704
        for path in (PAGE / "base.css", folder / name)
    )


def identity(dossier: Dossier) -> dict[str, str]:
    """What identifies the audit, for a page's foot."""
    began, ended = (str(dossier.audit[name])[:16].replace("T", " ") for name in ("began", "ended"))
    return {
        "id": str(dossier.audit["id"]),
        "began": began,
        "ended": ended,
        "software": str(dossier.audit["software"]),
    }


def _codes(dossier: Dossier, only: Collection[str]) -> Sequence[str]:
    for code in only:
        if code not in dossier.municipalities:
            expected = ", ".join(dossier.municipalities)
            raise InvalidInputError("audit-report.unknown-municipality", value=code, expected=expected)
    chosen = [code for code in dossier.municipalities if not only or code in only]
    return sorted(chosen, key=lambda code: (str(dossier.municipalities[code]["name"]), code))


class Writer:
    """Makes the sheets of one dossier in one language."""

    def __init__(self, dossier: Dossier, words: Words, previous: Dossier | None) -> None:
        self.dossier, self.words, self.previous = dossier, words, previous
        self.maps = Maps(dossier, words)
        self.changed = () if previous is None else changes.since(previous, dossier)

    def cover(self) -> Sheet:
        """Of the consortium: all findings."""
        name = str(self.dossier.audit["consortium"])
        return self._sheet("", name, self.dossier.findings, self.changed)

    def page(self, code: str) -> Sheet:
        """Of a municipality: the findings that it depends on."""
        findings, words = self.dossier.about(code), self.words
        concerned = {one.subject for one in findings} | {Subject("municipality", code)}
        own = [one for one in self.changed if one.subject in concerned]
        sheet = self._sheet(code, str(self.dossier.municipalities[code]["name"]), findings, own)
        return replace(
            sheet,
            lead=lead(self.dossier, code, words),
            place=places(self.dossier, code, words),
            operator=operators(self.dossier, code, words),
            facts=facts(self.dossier, code, words),
            maps=self.maps.at(code),
        )

    def _sheet(self, code: str, name: str, findings: Sequence[Finding], changed: Sequence[Change]) -> Sheet:
        lines = view.lines(findings, self.dossier, self.words)
        counts = view.tally(line.verdict for line in lines)
        return Sheet(
            code=code,
            name=name,
            day=self.words.day(str(self.dossier.audit["ended"])),
            headline=view.headline(counts, self.words),
            tally=counts,
            answers=view.answers(lines, self.words),
            failed=tuple(line for line in lines if line.verdict == "not-satisfied"),
            open=tuple(line for line in lines if line.verdict in {"inconclusive", "not-checked"}),
            changes=self._changes(changed),
        )

    def _changes(self, found: Sequence[Change]) -> Changes:
        words = self.words
        if self.previous is None:
            first = self.dossier.audit["previous"] is None
            text = words("audit-report.changes-first") if first else words("audit-report.changes-unknown")
            return Changes(words("audit-report.changes-title"), text)
        title = words("audit-report.changes", day=words.day(str(self.previous.audit["ended"])))
        if not found:
            return Changes(title, words("audit-report.changes-none"))
        return Changes(title, "", view.changes(found, self.dossier, words))
