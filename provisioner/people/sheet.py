"""People of a CSV file, with French or English column names."""

from __future__ import annotations

import re

from provisioner.errors import InvalidInputError, Problem
from provisioner.people.person import Person, person, plain, settle
from provisioner.tables import Table, parse

COLUMNS = {
    "username": ("identifiant", "username", "utilisateur"),
    "first_name": ("prenom", "firstname", "givenname"),
    "last_name": ("nom", "nomdefamille", "lastname", "surname"),
    "email": ("courriel", "adressecourriel", "email", "mail"),
    "groups": ("groupes", "groupe", "groups", "group"),
    "language": ("langue", "language"),
}
REQUIRED = ("email", "first_name", "last_name")


def read(text: str, file: str) -> list[Person]:
    """Everybody of the sheet.

    Raises:
        InvalidInputError: all that is wrong with it.
    """
    table = parse(text, file)
    fields = _columns(table, file)
    if table.broken:
        raise InvalidInputError.of(table.broken)
    rows = []
    for line, cells in table.rows:
        values = {field: cells[place] for field, place in fields.items()}
        groups = None
        if "groups" in fields:
            groups = [name.strip() for name in re.split(r"[|;,]", values.pop("groups")) if name.strip()]
        rows.append((line, person(values, groups, file, line)))
    return settle(rows, file)


def _columns(table: Table, file: str) -> dict[str, int]:
    """Place of each field that the header names."""
    known = {word: field for field, words in COLUMNS.items() for word in words}
    places: dict[str, int] = {}
    problems: list[Problem] = []
    for place, title in enumerate(table.header):
        field = known.get(plain(title))
        if field is None or field in places:
            context: dict[str, object] = {"value": title}
            problems.append(
                Problem("users.unknown-column", file=file, line=1, subject=title, context=context)
            )
        else:
            places[field] = place
    for field in REQUIRED:
        if field not in places:
            context = {"value": COLUMNS[field][0], "other": COLUMNS[field][1]}
            problems.append(
                Problem("users.missing-column", file=file, line=1, subject=field, context=context)
            )
    if problems:
        raise InvalidInputError.of(problems)
    return places
