"""What an audit says of one subject and one control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SATISFIED = "satisfied"
NOT_SATISFIED = "not-satisfied"
INCONCLUSIVE = "inconclusive"
"""Something was seen, and doesn't decide it: unknown, unreadable or contradictory."""
NOT_CHECKED = "not-checked"
"""Nothing was seen; never a pass."""


@dataclass(frozen=True)
class Outcome:
    """A verdict and why. ``reason`` names a text of `audit-reasons`, which may show what is observed and expected."""

    verdict: str
    reason: str
    observed: Mapping[str, Any] = field(default_factory=dict)
    """JSON scalars, or lists of them."""
    expected: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """An outcome with its control, its subject and the paths in the bundle that it was read from."""

    control: str
    kind: str
    subject: str
    outcome: Outcome
    evidence: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[str, str, str]:
        """By control, then subject."""
        return (self.control, self.kind, self.subject)

    def as_json(self) -> dict[str, Any]:
        """As `findings.json` has it."""
        return {
            "control": self.control,
            "subject": {"kind": self.kind, "id": self.subject},
            "verdict": self.outcome.verdict,
            "observed": _plain(self.outcome.observed),
            "expected": _plain(self.outcome.expected),
            "reason": self.outcome.reason,
            "evidence": list(self.evidence),
        }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def satisfied(reason: str, observed: Mapping[str, Any], expected: Mapping[str, Any]) -> Outcome:
    """What was expected was seen."""
    return Outcome(SATISFIED, reason, observed, expected)


def violated(reason: str, observed: Mapping[str, Any], expected: Mapping[str, Any]) -> Outcome:
    """Something else was seen."""
    return Outcome(NOT_SATISFIED, reason, observed, expected)


def unsure(reason: str, observed: Mapping[str, Any], expected: Mapping[str, Any]) -> Outcome:
    """What was seen doesn't decide it."""
    return Outcome(INCONCLUSIVE, reason, observed, expected)


def unchecked(reason: str, observed: Mapping[str, Any], expected: Mapping[str, Any]) -> Outcome:
    """Nothing was seen that could decide it."""
    return Outcome(NOT_CHECKED, reason, observed, expected)
