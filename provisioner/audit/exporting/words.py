"""What a reader reads, in the language of the document rather than of the command."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from provisioner import messages
from provisioner.audit.exporting.dossier import Dossier, Finding, Subject

_NBSP = "\u00a0"
_MOST_VALUES = 6


class Words:
    """Texts of one language, typeset: `words("audit-report.title", count=3)`; the area may be left out in a page."""

    def __init__(self, language: str, area: str = "audit-report") -> None:
        self.language, self.area = language, area

    def __call__(self, key: str, /, **context: object) -> str:
        """The text of a catalogue's key."""
        area, _, name = key.rpartition(".")
        return self.typeset(messages.catalogue(self.language, area or self.area)[name].format(**context))

    def typeset(self, text: str) -> str:
        """French signs and numbers keep to their words at a line's end."""
        if self.language == "fr":
            text = re.sub(r"(?<=«) | (?=[»:])", _NBSP, text)
        return re.sub(r"(?<=\d) (?=(?:\d{3}|%|km|ms|kB|ko|jours|days|h)\b)", _NBSP, text)

    def count(self, key: str, number: int, **context: object) -> str:
        """The text `<key>-one` or `<key>-many`."""
        return self(f"{key}-one" if number == 1 else f"{key}-many", count=self.number(number), **context)

    def number(self, number: int) -> str:
        """Thousands apart, as the language writes them."""
        return f"{number:,}".replace(",", _NBSP if self.language == "fr" else ",")

    def day(self, moment: str) -> str:
        """`24 novembre 2026` of an RFC 3339 moment, in UTC as the bundle has it."""
        day = self.date(moment)
        month = self("audit-report.months").split()[day.month - 1]
        if self.language == "en":
            return f"{month}{_NBSP}{day.day}, {day.year}"
        first = "er" if day.day == 1 else ""
        return f"{day.day}{first}{_NBSP}{month} {day.year}"

    @staticmethod
    def date(moment: str) -> date:
        """The day of an RFC 3339 moment, in UTC."""
        return datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(UTC).date()

    def joined(self, parts: Sequence[str]) -> str:
        """`a, b et c`; a long list says how many more."""
        if len(parts) > _MOST_VALUES + 1:
            more = self("audit-report.and-more", count=self.number(len(parts) - _MOST_VALUES))
            return ", ".join(parts[:_MOST_VALUES]) + " " + more
        if len(parts) < 2:
            return "".join(parts)
        return self("audit-report.list", first=", ".join(parts[:-1]), last=parts[-1])

    def subject(self, dossier: Dossier, subject: Subject) -> str:
        """`serveur srv1`, `site de Sherbrooke`, `Abercorn`."""
        return self(f"audit-report.subject-{subject.kind}", name=dossier.name(subject))

    def value(self, value: object) -> str:
        """An observed or expected value, short enough for a sentence."""
        if isinstance(value, bool):
            return self("audit-report.yes") if value else self("audit-report.no")
        if value is None:
            return self("audit-report.nothing")
        if isinstance(value, list | tuple) and not value:
            return self("audit-report.none")
        if isinstance(value, list | tuple):
            shown = [self.value(one) for one in value[:_MOST_VALUES]]
            more = len(value) - len(shown)
            return ", ".join(shown) + (" " + self("audit-report.and-more", count=more) if more else "")
        return str(value)

    def values(self, values: Mapping[str, Any]) -> str:
        """Observed or expected values, one after the other."""
        return "; ".join(f"{name} = {self.value(value)}" for name, value in values.items())

    def control(self, control: str, part: str = "title") -> str:
        """A control's own words; its identifier where the catalogue has none."""
        return self.typeset(
            messages.catalogue(self.language, "audit-controls").get(f"{control.lower()}-{part}", control)
        )

    def reason(self, finding: Finding) -> str:
        """Why the verdict is what it is, its values filled in."""
        text = messages.catalogue(self.language, "audit-reasons").get(finding.reason)
        if text is None:
            return finding.reason
        known = {**finding.expected, **finding.observed}
        values = _Open({name: self.value(value) for name, value in known.items()})
        return self.typeset(text.format_map(values))


class _Open(dict[str, str]):
    """A placeholder without a value stays visible instead of stopping a whole report."""

    def __missing__(self, key: str) -> str:
        return "…"
