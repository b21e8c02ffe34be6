"""Files with requests: spreadsheets as CSV, and what the form saves; text in, entries out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from provisioner import tables
from provisioner.errors import InvalidInputError, Problem
from provisioner.requests.fields import BY_NAME, FIELDS, Field, heading

FORMAT = "nuage-commun/request"
FORMAT_VERSION = 2
"""What the form saves; a version that asks for more than an older `nuage` knows is another version."""
READABLE = (1, FORMAT_VERSION)
"""Version 1 is the form that knew of websites only."""


@dataclass(frozen=True)
class Entry:
    """One request as it came, with where it stands."""

    file: str
    line: int
    values: Mapping[str, str]
    """By field name; empty values are left out."""
    headings: Mapping[str, str]
    """How the file calls each field, for error messages."""
    form: bool = False
    """It comes from the form, where consent is a field of its own."""


def read_all(files: Iterable[tuple[bytes, str]]) -> list[Entry]:
    """The requests of several files (content, name); what is wrong in any of them is reported together."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    for data, file in files:
        try:
            entries.extend(read(data, file))
        except InvalidInputError as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidInputError.of(problems)
    return entries


def read(data: bytes, file: str) -> list[Entry]:
    """The requests in a CSV or JSON file, told apart by their first character.

    Raises:
        InvalidInputError: the file as a whole can't be used; single values are checked later.
    """
    text = tables.decode(data, file)
    if text.lstrip()[:1] in {"{", "["}:
        return _from_json(text, file)
    return _from_csv(tables.parse(text, file), file)


def _from_csv(table: tables.Table, file: str) -> list[Entry]:
    columns = [heading(cell) for cell in table.header]
    problems = list(_header_problems(table, columns, file))
    if problems:
        raise InvalidInputError.of(problems)
    if table.broken:
        raise InvalidInputError.of(table.broken)
    if not table.rows:
        raise InvalidInputError("request.no-rows", file=file)
    headings = {field.name: cell for field, cell in zip(columns, table.header, strict=True) if field}
    entries = []
    for line, cells in table.rows:
        values = {field.name: cell for field, cell in zip(columns, cells, strict=True) if field and cell}
        entries.append(Entry(file, line, values, headings))
    return entries


def _header_problems(table: tables.Table, columns: list[Field | None], file: str) -> list[Problem]:
    known = [field for field in columns if field]
    missing = [field for field in FIELDS if field.required and field not in known]
    unknown = [cell for cell, field in zip(table.header, columns, strict=True) if not field]
    twice = [field.name for field in dict.fromkeys(known) if known.count(field) > 1]
    problems = []

    def add(key: str, columns: list[str]) -> None:
        problems.append(Problem(f"request.{key}", file=file, line=1, context={"columns": ", ".join(columns)}))

    if missing:
        add("missing-columns", [f"{field.french} ({field.name})" for field in missing])
    if unknown:
        add("unknown-columns", [cell or "''" for cell in unknown])
    if twice:
        add("column-twice", twice)
    return problems


def _from_json(text: str, file: str) -> list[Entry]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInputError(
            "request.bad-json", file=file, line=error.lineno, column=error.colno
        ) from error
    except RecursionError as error:
        raise InvalidInputError("request.not-a-request", file=file, line=1) from error
    documents = content if isinstance(content, list) else [content]
    if not documents:
        raise InvalidInputError("request.no-rows", file=file)
    return [_from_document(document, file) for document in documents]


def _from_document(document: object, file: str) -> Entry:
    if (
        not isinstance(document, dict)
        or document.get("format") != FORMAT
        or not isinstance(document.get("request"), dict)
    ):
        raise InvalidInputError("request.not-a-request", file=file, line=1)
    if document.get("version") not in READABLE:
        raise InvalidInputError("request.other-version", file=file, version=str(document.get("version"))[:20])
    values: dict[str, str] = {}
    problems = []
    for name, value in document["request"].items():
        if name not in BY_NAME:
            problems.append(Problem("request.unknown-field", file=file, subject=str(name)[:60]))
        elif not isinstance(value, str):
            problems.append(Problem("request.not-text", file=file, subject=name))
        elif value.strip():
            values[name] = value.strip()
    if problems:
        raise InvalidInputError.of(problems)
    return Entry(file, 0, values, {name: name for name in BY_NAME}, form=True)
