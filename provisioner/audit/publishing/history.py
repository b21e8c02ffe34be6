"""Several audits of one consortium, oldest first: what each said of each municipality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provisioner.audit.exporting import view
from provisioner.audit.exporting.dossier import Dossier
from provisioner.audit.exporting.view import Tally
from provisioner.errors import InvalidInputError


@dataclass(frozen=True)
class Seen:
    """A municipality in one audit."""

    tally: Tally
    sites: tuple[str, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True)
class Audit:
    """One audit, without its observations: bundles are large."""

    id: str
    ended: str
    tally: Tally
    seen: dict[str, Seen]
    """By the municipality's code."""
    file: str = ""
    """Where the site has its bundle; empty where it isn't published."""
    sha256: str = ""
    size: int = 0
    """In bytes."""


@dataclass(frozen=True)
class History:
    """All audits, at least one, oldest first; the last one whole."""

    audits: list[Audit]
    last: Dossier
    before: Dossier | None
    """The audit that the last one says it follows, where it was given."""

    def of(self, code: str) -> list[Audit]:
        """The audits that a municipality was in, the last first."""
        return [audit for audit in reversed(self.audits) if code in audit.seen]

    def since(self, code: str) -> str:
        """End of the first audit since which the municipality was seen at the same sites, without a break."""
        found = ""
        for audit in reversed(self.audits):
            seen = audit.seen.get(code)
            if seen is None or seen.sites != self.audits[-1].seen[code].sites:
                break
            found = audit.ended
        return found


def summary(dossier: Dossier, file: str = "", sha256: str = "", size: int = 0) -> Audit:
    """What the history keeps of an audit."""
    seen = {code: _seen(dossier, code) for code in dossier.municipalities}
    verdicts = view.verdicts(dossier.findings)
    return Audit(
        str(dossier.audit["id"]),
        str(dossier.audit["ended"]),
        view.tally(verdicts.values()),
        seen,
        file,
        sha256,
        size,
    )


def _seen(dossier: Dossier, code: str) -> Seen:
    return Seen(
        view.tally(view.verdicts(dossier.about(code)).values()),
        tuple(str(site["id"]) for site in dossier.sites(code)),
        tuple(str(operator["id"]) for operator in dossier.operators(code)),
    )


def check(dossiers: Sequence[Dossier]) -> None:
    """That these are audits of one consortium, each once.

    Raises:
        InvalidInputError: they aren't.
    """
    names = sorted({str(one.audit["consortium"]) for one in dossiers})
    if len(names) > 1:
        raise InvalidInputError("audit-site.several-consortiums", value=", ".join(names))
    identifiers = [str(one.audit["id"]) for one in dossiers]
    for identifier in identifiers:
        if identifiers.count(identifier) > 1:
            raise InvalidInputError("audit-site.twice", value=identifier)
