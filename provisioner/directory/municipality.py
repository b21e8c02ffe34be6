"""What the directory keeps of a municipality: public facts, and nothing about a person.

Plain dataclasses and not pydantic models: a search must answer in the time that importing pydantic takes.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property


@dataclass(frozen=True)
class Municipality:
    """One row of the Répertoire des municipalités."""

    code: str
    """Five-digit geographic code."""
    name: str
    slug: str
    designation: str
    local: bool
    """A municipality with a council; the others are unorganised territories, reserves, category-I lands."""
    population: int | None
    region: str
    mrc: str
    """Empty where there is none, as in Montréal or Nunavik."""
    website: str
    """Host name, without scheme, path or trailing dot; empty when unknown."""
    address: str
    """Postal address of the town hall."""


@dataclass(frozen=True)
class Source:
    """Which official file the directory was imported from."""

    file: str
    sha256: str
    rows: int
    local: int


@dataclass(frozen=True)
class Directory:
    """The whole of it, in the order of the codes."""

    source: Source
    municipalities: tuple[Municipality, ...]

    @cached_property
    def by_code(self) -> dict[str, Municipality]:
        """Municipalities by geographic code."""
        return {one.code: one for one in self.municipalities}

    def as_json(self) -> dict[str, object]:
        """Keys and values for JSON."""
        return {
            "version": 1,
            "source": asdict(self.source),
            "municipalities": [asdict(one) for one in self.municipalities],
        }
