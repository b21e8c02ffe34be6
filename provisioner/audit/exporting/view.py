"""A dossier as pages: what stands on each, in the reader's words; the templates only lay it out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from provisioner.audit.controls.catalogue import BY_ID, THEMES
from provisioner.audit.exporting.changes import Change
from provisioner.audit.exporting.dossier import VERDICTS, Dossier, Finding, worst
from provisioner.audit.exporting.words import Words

_MOST_REASONS = 3


@dataclass(frozen=True)
class Line:
    """One control, over all the subjects it was judged for."""

    control: str
    title: str
    verdict: str
    reasons: tuple[str, ...]
    """Of the findings that gave the verdict, each with its subject."""


@dataclass(frozen=True)
class Answer:
    """A question of a council member, and what the audit answers."""

    theme: str
    title: str
    verdict: str
    text: str


@dataclass(frozen=True)
class Tally:
    """How many requirements have each verdict."""

    counts: tuple[tuple[str, int], ...]
    """In the order of a bar: satisfied first."""

    def __getitem__(self, verdict: str) -> int:
        return dict(self.counts)[verdict]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(count for _, count in self.counts)

    @property
    def worst(self) -> str:
        """The gravest verdict there is."""
        return worst(verdict for verdict, count in self.counts if count)


def lines(findings: Iterable[Finding], dossier: Dossier, words: Words) -> tuple[Line, ...]:
    """A line per control."""
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(finding.control, []).append(finding)
    return tuple(_line(control, group, dossier, words) for control, group in sorted(grouped.items()))


def _line(control: str, group: Sequence[Finding], dossier: Dossier, words: Words) -> Line:
    verdict = worst(one.verdict for one in group)
    by_reason: dict[str, list[str]] = {}
    for one in group:
        if one.verdict == verdict and one.reason:
            by_reason.setdefault(words.reason(one), []).append(words.subject(dossier, one.subject))
    reasons = [
        capital(words("audit-report.reason-of", subject=words.joined(subjects), reason=reason))
        for reason, subjects in by_reason.items()
    ]
    if len(reasons) > _MOST_REASONS + 1:
        others = sum(len(subjects) for subjects in list(by_reason.values())[_MOST_REASONS:])
        more = words("audit-report.reason-more", count=words.number(others))
        reasons = [*reasons[:_MOST_REASONS], more]
    return Line(control, words.control(control), verdict, tuple(reasons))


def capital(text: str) -> str:
    """The first letter large."""
    return text[:1].upper() + text[1:]


def verdicts(findings: Iterable[Finding]) -> dict[str, str]:
    """The gravest verdict of each control, over all its subjects."""
    found: dict[str, str] = {}
    for one in findings:
        found[one.control] = worst((one.verdict, found.get(one.control, "satisfied")))
    return found


def tally(found: Iterable[str]) -> Tally:
    """Counts of verdicts."""
    known = list(found)
    return Tally(tuple((verdict, known.count(verdict)) for verdict in ("satisfied", *VERDICTS[:3])))


def answers(found: Iterable[Line], words: Words) -> tuple[Answer, ...]:
    """A question for each theme of controls that was judged."""
    grouped: dict[str, list[Line]] = {}
    for line in found:
        if line.control in BY_ID:
            grouped.setdefault(BY_ID[line.control].theme, []).append(line)
    return tuple(_answer(theme, grouped[theme], words) for theme in THEMES if theme in grouped)


def _answer(theme: str, group: Sequence[Line], words: Words) -> Answer:
    verdict = worst(line.verdict for line in group)
    if verdict == "satisfied":
        text = words(f"audit-report.answer-{theme}")
    else:
        # What isn't a pass is told as a requirement: its title alone would read as a fact.
        titles = [words("audit-report.quoted", title=one.title) for one in group if one.verdict == verdict]
        text = words(f"audit-report.answered-{verdict}", titles=words.joined(titles))
    return Answer(theme, words(f"audit-report.question-{theme}"), verdict, text)


def headline(counts: Tally, words: Words) -> str:
    """The whole in one or two sentences; never sounds like a pass when something is open."""
    failed = counts["not-satisfied"]
    undecided = counts["inconclusive"] + counts["not-checked"]
    if failed:
        return words.count("audit-report.headline-failed", failed)
    if undecided:
        return words.count("audit-report.headline-open", undecided)
    return words("audit-report.headline-good")


def changes(found: Iterable[Change], dossier: Dossier, words: Words) -> tuple[str, ...]:
    """A sentence for each control that changed alike, over its subjects; first who is new or gone."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    moved: dict[str, dict[str, None]] = {"new": {}, "gone": {}}
    for one in found:
        name = words.subject(dossier, one.subject)
        if one.before and one.after:
            grouped.setdefault((one.control, one.before, one.after), []).append(name)
        else:
            moved["gone" if one.before else "new"][name] = None
    arrivals = [
        words(f"audit-report.{kind}", subjects=words.joined(list(names)))
        for kind, names in moved.items()
        if names
    ]
    return (*arrivals, *(_change(*key, words.joined(names), words) for key, names in grouped.items()))


def _change(control: str, before: str, after: str, subject: str, words: Words) -> str:
    return words(
        "audit-report.change",
        title=words.control(control),
        subject=subject,
        before=words(f"audit-report.was-{before}"),
        after=words(f"audit-report.was-{after}"),
    )
