"""What changed between two audits: verdicts of the same control for the same subject, set side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from provisioner.audit.exporting.dossier import VERDICTS, Dossier, Finding, Subject
from provisioner.errors import InvalidInputError


@dataclass(frozen=True)
class Change:
    """One verdict that isn't what it was. ``before`` or ``after`` is empty for what is new or gone."""

    control: str
    subject: Subject
    before: str
    after: str

    @property
    def worse(self) -> bool:
        """Whether the later verdict is graver; something new that isn't a pass is."""
        if not self.after:
            return False
        return VERDICTS.index(self.after) < VERDICTS.index(self.before or "satisfied")


def since(previous: Dossier, now: Dossier) -> tuple[Change, ...]:
    """All changes, the graver first.

    Raises:
        InvalidInputError: ``previous`` isn't the audit that this one says it follows.
    """
    if previous.audit["id"] != now.audit["previous"]:
        raise InvalidInputError(
            "audit-report.not-previous",
            value=previous.audit["id"],
            expected=now.audit["previous"] or "-",
        )
    before, after = _verdicts(previous.findings), _verdicts(now.findings)
    found = [
        Change(control, subject, before.get((control, subject), ""), after.get((control, subject), ""))
        for control, subject in before.keys() | after.keys()
        if before.get((control, subject)) != after.get((control, subject))
    ]
    return tuple(
        sorted(found, key=lambda one: (not one.worse, one.control, one.subject.kind, one.subject.id))
    )


def _verdicts(findings: Iterable[Finding]) -> dict[tuple[str, Subject], str]:
    return {(finding.control, finding.subject): finding.verdict for finding in findings}
