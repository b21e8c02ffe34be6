"""The official CSV format of the Répertoire des municipalités du Québec (MAMH, Données Québec).

Of its 113 columns eleven are read, by name. Mayors, councillors, directors, telephones and e-mails are
never looked at: the edition of the ministry names about 10,000 people, and we need none of them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from provisioner import tables
from provisioner.directory import names
from provisioner.directory.municipality import Directory, Municipality, Source
from provisioner.errors import InvalidInputError, Problem

COLUMNS = ("mcode", "munnom", "mdes", "mpopul", "regadm", "mrc", "mweb")
ADDRESS = ("madr1", "madr2", "madr3", "madr4", "mcodpos")

_LOCAL = ("municipalite", "ville", "paroisse", "canton", "cantons unis", "village", "gouvernement regional")
_NOT_LOCAL = ("territoire non organise", "reserve indienne", "terre de la categorie", "etablissement")
_PERSON = re.compile(r"(?i)^(a/s|c/o|att\b|attn|à l'attention|mme?s?\b|monsieur|madame)")
_NUMBERED = re.compile(r"\s*\(\d+\)$")
_HOST = re.compile(r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$")


def read(data: bytes, file: str) -> Directory:
    """The directory in the bytes of the official file.

    Raises:
        InvalidInputError: everything that is wrong in it, with lines.
    """
    table = tables.parse(tables.decode(data, file), file)
    missing = [name for name in (*COLUMNS, *ADDRESS) if name not in table.header]
    if missing:
        raise InvalidInputError("directory.missing-columns", file=file, line=1, columns=", ".join(missing))
    problems = list(table.broken)
    seen: dict[str, int] = {}
    rows: list[Mapping[str, str]] = []
    for line, cells in table.rows:
        row = dict(zip(table.header, cells, strict=True))
        problems.extend(_problems(row, file, line, seen))
        rows.append(row)
    if problems:
        raise InvalidInputError.of(sorted(problems, key=lambda problem: problem.line))
    if not rows:
        raise InvalidInputError("directory.no-rows", file=file)
    return _directory(rows, Source(file, hashlib.sha256(data).hexdigest(), len(rows), 0))


def _directory(rows: list[Mapping[str, str]], source: Source) -> Directory:
    slugs = names.slugs((row["mcode"], row["munnom"], is_local(row["mdes"]) is True) for row in rows)
    found = tuple(sorted((_municipality(row, slugs[row["mcode"]]) for row in rows), key=lambda one: one.code))
    local = sum(one.local for one in found)
    return Directory(Source(source.file, source.sha256, source.rows, local), found)


def is_local(designation: str) -> bool | None:
    """Whether a municipality of this designation is a local one; None for a designation we don't know."""
    text = names.plain(designation)
    if text.startswith(_NOT_LOCAL):
        return False
    return True if text.startswith(_LOCAL) else None


def _problems(row: Mapping[str, str], file: str, line: int, seen: dict[str, int]) -> list[Problem]:
    code = row["mcode"]
    found: list[Problem] = []

    def wrong(key: str, subject: str, **context: object) -> None:
        found.append(Problem(f"directory.{key}", file=file, line=line, subject=subject, context=context))

    if not re.fullmatch(r"[0-9]{5}", code):
        wrong("bad-code", "mcode", value=code)
    elif code in seen:
        wrong("duplicate-code", code, first=seen[code])
    else:
        seen[code] = line
    if not row["munnom"] or len(row["munnom"]) > 200 or not row["munnom"].isprintable():
        wrong("bad-name", "munnom", value=row["munnom"][:40])
    if is_local(row["mdes"]) is None:
        wrong("unknown-designation", "mdes", value=row["mdes"])
    if row["mpopul"] and not re.fullmatch(r"[0-9]{1,8}", row["mpopul"]):
        wrong("bad-population", "mpopul", value=row["mpopul"])
    return found


def _municipality(row: Mapping[str, str], slug: str) -> Municipality:
    local = is_local(row["mdes"]) is True
    population = int(row["mpopul"]) if row["mpopul"] else None
    if local and population == 0:
        population = None  # the file writes 0 where a local municipality's population isn't known
    return Municipality(
        code=row["mcode"],
        name=row["munnom"],
        slug=slug,
        designation=_designation(row["mdes"]),
        local=local,
        population=population,
        region=_label(row["regadm"]),
        mrc=_label(row["mrc"]).removeprefix("MRC "),
        website=host_of(row["mweb"]),
        address=", ".join(row[name] for name in ADDRESS if row[name] and not _PERSON.match(row[name])),
    )


def _designation(text: str) -> str:
    # The file cuts "Village cri (Terre de la catégorie I)" after 34 characters.
    return text if ")" in text else text.split(" (", maxsplit=1)[0]


def _label(text: str) -> str:
    # The file writes "Saguenay--Lac-Saint-Jean (02)" for Saguenay–Lac-Saint-Jean.
    return _NUMBERED.sub("", text).replace("--", "–")


def host_of(address: str) -> str:
    """The host name in a web address as people write them, in lower case and ASCII; empty if none."""
    host = re.sub(r"^[a-z]+://", "", address.strip().lower()).split("/")[0].split(":")[0].rstrip(".")
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return host if _HOST.match(host) else ""
