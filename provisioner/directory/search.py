"""Look-up by code or by name, in the way people type names; near names when nothing matches."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from provisioner.directory import names
from provisioner.directory.municipality import Directory, Municipality
from provisioner.errors import InvalidInputError

NEAR = 0.6
"""Least likeness (0 to 1) of a suggestion."""


@dataclass(frozen=True)
class Match:
    """A municipality, and how it matched: `code`, `exact`, `prefix`, `word` or `near`."""

    municipality: Municipality
    kind: str
    likeness: float = 1.0


def search(directory: Directory, query: str, limit: int = 20) -> list[Match]:
    """The best matches first; near names only when nothing else matches."""
    query = query.strip()
    if query.isascii() and query.isdigit():
        found = [Match(one, "code") for one in directory.municipalities if one.code.startswith(query)]
        return found[:limit]
    asked = names.words(query)
    if not asked:
        return []
    key = "".join(asked)
    kinds: dict[str, list[Match]] = {"exact": [], "prefix": [], "word": []}
    keys: list[tuple[str, Municipality]] = []
    for one in directory.municipalities:
        parts = names.words(one.name)
        joined = "".join(parts)
        keys.append((joined, one))
        kind = _kind(key, asked, joined, parts) or ("exact" if query.lower() == one.slug else "")
        if kind:
            kinds[kind].append(Match(one, kind))
    found = [match for matches in kinds.values() for match in sorted(matches, key=_rank)]
    return (found or _near(key, keys))[:limit]


def find(directory: Directory, text: str) -> Municipality:
    """The one municipality that a code, a slug or an exact name means.

    Raises:
        InvalidInputError: none, with near names; or several, with their codes.
    """
    matches = search(directory, text)
    exact = [match.municipality for match in matches if match.kind == "exact"]
    if text.strip() in directory.by_code:
        return directory.by_code[text.strip()]
    chosen = [one for one in exact if one.slug == text.strip().lower()] or exact
    chosen = [one for one in chosen if one.local] or chosen
    if len(chosen) == 1:
        return chosen[0]
    listed = ", ".join(f"{one.code} {label(one)}" for one in chosen or [m.municipality for m in matches[:5]])
    key = "ambiguous" if chosen else "unknown-near" if listed else "unknown"
    raise InvalidInputError(f"directory.{key}", subject=text, candidates=listed)


def label(one: Municipality) -> str:
    """A name that tells two municipalities of one name apart: "Hatley (Canton, Memphrémagog)"."""
    return f"{one.name} ({', '.join(part for part in (one.designation, one.mrc or one.region) if part)})"


def _rank(match: Match) -> tuple[bool, int, str]:
    one = match.municipality
    return not one.local, -(one.population or 0), one.code


def _kind(key: str, asked: tuple[str, ...], joined: str, parts: tuple[str, ...]) -> str:
    if key == joined:
        return "exact"
    if joined.startswith(key):
        return "prefix"
    starts = all(any(part.startswith(word) for part in parts) for word in asked)
    return "word" if starts or (len(key) > 3 and key in joined) else ""


def _trigrams(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


def _near(key: str, keys: list[tuple[str, Municipality]]) -> list[Match]:
    asked = _trigrams(key)
    scored = []
    for joined, one in keys:
        other = _trigrams(joined)
        scored.append((2 * len(asked & other) / (len(asked) + len(other)), joined, one))
    scored.sort(key=lambda item: (-item[0], item[2].code))
    found = []
    for _, joined, one in scored[:60]:
        likeness = SequenceMatcher(None, key, joined, autojunk=False).ratio()
        if likeness >= NEAR:
            found.append(Match(one, "near", round(likeness, 3)))
    found.sort(key=lambda match: (-match.likeness, match.municipality.code))
    return [match for match in found if match.likeness > found[0].likeness - 0.15][:5]
