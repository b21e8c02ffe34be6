"""One person of a file, and what is wrong with what the file says of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from provisioner.errors import InvalidInputError, Problem

GROUPS = ("administrateurs", "employes", "elus", "redaction-web")
DEFAULT_GROUP = "employes"
_WORDS = {
    "administrateur": "administrateurs",
    "administrateurs": "administrateurs",
    "administrator": "administrateurs",
    "administrators": "administrateurs",
    "employe": "employes",
    "employes": "employes",
    "employee": "employes",
    "employees": "employes",
    "elu": "elus",
    "elus": "elus",
    "elected": "elus",
    "electedofficials": "elus",
    "redactionweb": "redaction-web",
    "webeditors": "redaction-web",
}
_EMAIL = re.compile(r"[^@\s\"<>(),:;\\\[\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z]{2,}")
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{2,254}")
_NAME = re.compile(r"[^<>&\"$%!#?§,;:*~/\\|^=\[\]{}()\x00-\x1f]{1,255}")
"""What Keycloak takes for a person's name."""


@dataclass(frozen=True)
class Person:
    """Somebody as a file describes them; ``regroup``: the file says which groups, and means no others."""

    username: str
    email: str
    first_name: str
    last_name: str
    groups: tuple[str, ...] = (DEFAULT_GROUP,)
    language: str = ""
    regroup: bool = False

    @property
    def name(self) -> str:
        """How people call them."""
        return f"{self.first_name} {self.last_name}"


def plain(text: str) -> str:
    """Without accents, spaces and case, so that « Prénom » is "prenom"."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum())


def person(
    fields: Mapping[str, str], groups: Iterable[str] | None, file: str, line: int
) -> Person | list[Problem]:
    """A person, or all that is wrong with the fields; ``groups`` None: the file says nothing of them."""
    email = fields.get("email", "").strip()
    username = (fields.get("username", "").strip() or email).lower()
    language = plain(fields.get("language", ""))[:2]
    problems = list(_problems(fields, email, username, file, line))
    if language not in ("", "en", "fr"):
        problems.append(_problem("bad-language", file, line, "language", fields["language"]))
    named = [_WORDS.get(plain(name), "") for name in groups or ()]
    for name, known in zip(groups or (), named, strict=True):
        if not known:
            problems.append(_problem("unknown-group", file, line, "groups", name, known=", ".join(GROUPS)))
    if problems:
        return problems
    return Person(
        username=username,
        email=email,
        first_name=fields["first_name"].strip(),
        last_name=fields["last_name"].strip(),
        groups=tuple(sorted(set(named))) or (DEFAULT_GROUP,),
        language=language,
        regroup=bool(named),
    )


def _problems(
    fields: Mapping[str, str], email: str, username: str, file: str, line: int
) -> Iterator[Problem]:
    if not _EMAIL.fullmatch(email):
        yield _problem("bad-email", file, line, "email", email)
    elif not _USERNAME.fullmatch(username):
        yield _problem("bad-username", file, line, "username", username)
    for field in ("first_name", "last_name"):
        value = fields.get(field, "").strip()
        if not _NAME.fullmatch(value):
            yield _problem("bad-name", file, line, field, value)


def _problem(key: str, file: str, line: int, field: str, value: str, **context: object) -> Problem:
    return Problem(
        f"users.{key}", file=file, line=line, subject=field, context={"value": value[:80], **context}
    )


def settle(found: Iterable[tuple[int, Person | list[Problem]]], file: str) -> list[Person]:
    """Everybody of a file.

    Raises:
        InvalidInputError: something is wrong with anybody, somebody is there twice, or there is nobody.
    """
    people: list[Person] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for line, one in found:
        if isinstance(one, list):
            problems += one
            continue
        people.append(one)
        for value in {one.username, one.email.lower()}:
            if value in seen:
                problems.append(_problem("twice", file, line, "", value, first=seen[value]))
            seen.setdefault(value, line)
    if problems:
        raise InvalidInputError.of(problems)
    if not people:
        raise InvalidInputError("users.nobody", file=file)
    return people
