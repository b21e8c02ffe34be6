"""Names to slugs, and names as people type them: no accents, no case, "st" for "saint".

Everything keys on the geographic code, because names occur twice; slugs only name files and are read by
people, so a name that occurs once gives a plain one.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

LONGEST = 63
"""A slug may become a label of a domain name."""

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ø": "o", "Ø": "o"})
_SHORT_FORMS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_ABBREVIATED = re.compile(r"\bn\.?\s*-?\s*d\.?(?=[\s-])")


def plain(text: str) -> str:
    """``text`` in lower case, without accents or ligatures."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return letters.translate(_LIGATURES).lower()


def slug(name: str) -> str:
    """The slug of a name, at most 63 characters; empty when the name has no Latin letter or digit."""
    words = re.findall(r"[a-z0-9]+", plain(name))
    return "-".join(words)[:LONGEST].rstrip("-")


def words(name: str) -> tuple[str, ...]:
    """The words of a name as search compares them: "Ste-Félicité" and "sainte félicité" are one."""
    text = _ABBREVIATED.sub("notre dame", plain(name).strip())
    return tuple(_SHORT_FORMS.get(word, word) for word in re.findall(r"[a-z0-9]+", text))


def slugs(municipalities: Iterable[tuple[str, str, bool]]) -> dict[str, str]:
    """A unique slug by code, for (code, name, local) triples; their order doesn't matter.

    Where several share a name, the only local municipality among them has the plain slug; the others
    end in their code. So an addition to the directory never gives one's slug to another.
    """
    groups: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for code, name, local in municipalities:
        groups[slug(name)].append((code, local))
    found: dict[str, str] = {}
    for base, members in groups.items():
        locals_ = [code for code, local in members if local]
        owner = members[0][0] if len(members) == 1 else locals_[0] if len(locals_) == 1 else ""
        for code, _ in members:
            found[code] = base if base and code == owner else _with_code(base, code)
    return _apart(found)


def _with_code(base: str, code: str) -> str:
    return f"{base[: LONGEST - len(code) - 1].rstrip('-')}-{code}" if base else f"m-{code}"


def _apart(found: dict[str, str]) -> dict[str, str]:
    """Add the code to any plain slug that another's suffixed slug happens to equal."""
    owners: dict[str, list[str]] = defaultdict(list)
    for code, value in found.items():
        owners[value].append(code)
    return {
        code: value if len(owners[value]) == 1 or value.endswith(f"-{code}") else _with_code(value, code)
        for code, value in found.items()
    }
