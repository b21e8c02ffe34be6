"""The files that registries and CAIDA publish, told apart by what they say and read line by line.

- delegated: `arin|CA|ipv4|24.200.0.0|65536|20000101|allocated|opaque` (RIR Statistics Exchange Format, extended or not)
- pfx2as: `24.200.0.0<tab>14<tab>5769`; several origins as `1_2`, sets as `1,2` (CAIDA, from RouteViews and RIS)
- as-org: `aut|changed|aut_name|org_id|opaque_id|source` and `org_id|changed|org_name|country|source`, or JSON lines
"""

from __future__ import annotations

import io
import ipaddress
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from provisioner.audit.registries.ranges import Entry
from provisioner.errors import InvalidInputError, Problem

DELEGATED, PFX2AS, AS_ORG = "delegated", "pfx2as", "as-org"
MOST_PROBLEMS = 10
WIDTHS = {4: 4, 6: 16}
"""Bytes of an address by IP version."""
_HEADER = re.compile(r"[\d.]+\|([a-z-]+)\|(\d*)\|(\d*)\|(\d*)\|(\d*)\|[-+\w]*")
_HELD = ("allocated", "assigned")
_DAY = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_.]?(\d{2})[-_.]?(\d{2})(?!\d{3})")


@dataclass
class Read:
    """What a file says. ``ranges`` by IP version; their values are positions in ``values``."""

    kind: str
    scope: str
    """Whose: the registry of a delegated file, the IP version of pfx2as."""
    date: date | None = None
    rows: int = 0
    values: list[Any] = field(default_factory=list)
    """JSON: a country, a list of AS numbers, or the name and country of an organisation."""
    ranges: dict[int, list[Entry]] = field(default_factory=dict)
    systems: dict[str, int] = field(default_factory=dict)
    """Of as-org: the position of its organisation by AS number."""
    problems: list[Problem] = field(default_factory=list)


class _Values:
    """Each value once."""

    def __init__(self, into: list[Any]) -> None:
        self._into = into
        self._places: dict[Any, int] = {}

    def place(self, key: Any, value: Any) -> int:  # noqa: ANN401  any JSON
        """The position of a value."""
        if key not in self._places:
            self._places[key] = len(self._into)
            self._into.append(value)
        return self._places[key]


def read(text: str, file: str) -> Read:
    """What ``text`` says.

    Raises:
        InvalidInputError: none of the formats, no rows, cut off, or lines that can't be read (ten are told at most).
    """
    first = next((line for line in text[:100_000].splitlines() if line.strip() and line[0] != "#"), "")
    if _HEADER.fullmatch(first.strip()):
        found = _delegated(text, file)
    elif first.startswith("{"):
        found = _organisations(text, file, _json_lines)
    elif len(first.split("\t")) == 3:
        found = _prefixes(text, file)
    elif re.search(r"^# ?format: ?(aut|org_id)\|", text[:100_000], re.MULTILINE):
        found = _organisations(text, file, _text_lines)
    else:
        raise InvalidInputError("audit-import.unknown-format", file=file, value=first[:60])
    if found.problems:
        raise InvalidInputError.of(found.problems)
    if not found.rows:
        raise InvalidInputError("audit-import.no-rows", file=file)
    return found


def day_in(text: str) -> date | None:
    """The first date in a file's name or a header, such as 20261101 or 2026-11-01."""
    for match in _DAY.finditer(text):
        try:
            return date(*(int(part) for part in match.groups()))
        except ValueError:
            continue
    return None


def _wrong(found: Read, file: str, number: int, line: str) -> bool:
    """Note a line that can't be read; whether that is enough of them."""
    context: dict[str, object] = {"value": line[:60].strip()}
    found.problems.append(Problem("audit-import.bad-line", file, number, context=context))
    return len(found.problems) >= MOST_PROBLEMS


def _delegated(text: str, file: str) -> Read:
    found, counts = Read(DELEGATED, ""), {"ipv4": 0, "ipv6": 0}
    values, declared = _Values(found.values), dict[str, int]()
    for number, line in enumerate(io.StringIO(text), 1):
        fields = line.strip().split("|")
        if not fields[0] or line[0] == "#":
            continue
        header = _HEADER.fullmatch(line.strip()) if not found.scope else None
        if header:
            found.scope, found.date = header[1], day_in(header[5]) or day_in(header[2])
        elif fields[-1] == "summary" and len(fields) >= 6:
            declared[fields[2]] = int(fields[4]) if fields[4].isdigit() else 0
        elif len(fields) >= 7 and fields[2] in counts:
            counts[fields[2]] += 1
            if not _record(found, values, fields) and _wrong(found, file, number, line):
                break
        elif (len(fields) < 7 or fields[2] != "asn") and _wrong(found, file, number, line):
            break
    short = [kind for kind, count in counts.items() if count < declared.get(kind, 0)]
    if short and not found.problems:
        context: dict[str, object] = {"found": counts[short[0]], "declared": declared[short[0]]}
        found.problems.append(Problem("audit-import.cut-off", file, context=context))
    return found


def _record(found: Read, values: _Values, fields: list[str]) -> bool:
    """Take a record of addresses; whether it could be read. What nobody holds yet says nothing."""
    _registry, country, kind, start, amount, _date, status = fields[:7]
    try:
        address = ipaddress.ip_address(start)
        size = int(amount) if kind == "ipv4" else 1 << (128 - int(amount))
        last = int(address) + size - 1
    except ValueError:
        return False
    if size < 1 or last >= 1 << address.max_prefixlen or (kind == "ipv4") != (address.version == 4):
        return False
    if status in _HELD:
        known = country if re.fullmatch("[A-Z]{2}", country) and country != "ZZ" else None
        entry = (int(address), last, values.place(known, known))
        found.ranges.setdefault(address.version, []).append(entry)
        found.rows += 1
    return True


def _prefixes(text: str, file: str) -> Read:
    found = Read(PFX2AS, "")
    values = _Values(found.values)
    for number, line in enumerate(io.StringIO(text), 1):
        if not line.strip() or line[0] == "#":
            continue
        try:
            start, length, origins = line.split()
            network = _network(start, int(length))
            place = values.place(origins, _systems(origins))
        except ValueError:
            if _wrong(found, file, number, line):
                break
            continue
        found.ranges.setdefault(network[0], []).append((*network[1:], place))
        found.rows += 1
    found.scope = "-".join(f"ipv{version}" for version in sorted(found.ranges))
    return found


def _network(start: str, length: int) -> tuple[int, int, int]:
    """Version, first and last address; the host bits are zero."""
    if ":" in start:
        address, bits, version = int(ipaddress.IPv6Address(start)), 128, 6
    else:
        address, bits, version = int(ipaddress.IPv4Address(start)), 32, 4
    if not 0 <= length <= bits or address & ((1 << bits - length) - 1):
        raise ValueError(start)
    return version, address, address + (1 << bits - length) - 1


def _systems(origins: str) -> list[int]:
    """AS numbers of an origin: `1`, `1_2` (several announce it), `1,2` or `{1,2}` (a set)."""
    return sorted({int(each) for each in re.split("[_,]", origins.replace("{", "").replace("}", ""))})


Line = tuple[str, str, Any, int, str]
"""`aut` or `org`; an identifier; what it leads to; the line's number and text. `bad` for one that can't be read."""


def _organisations(text: str, file: str, lines: Any) -> Read:  # noqa: ANN401  one of the two readers below
    found = Read(AS_ORG, "")
    systems: dict[str, str] = {}
    organisations: dict[str, Any] = {}
    for kind, name, value, number, line in lines(text):
        if kind == "aut":
            systems[name] = value
        elif kind == "org":
            organisations[name] = value
        elif _wrong(found, file, number, line):
            break
    places = {name: place for place, name in enumerate(organisations)}
    found.values = list(organisations.values())
    found.systems = {asn: places[org] for asn, org in systems.items() if org in places}
    found.rows = len(found.systems)
    return found


def _text_lines(text: str) -> Iterator[Line]:
    columns: list[str] = []
    for number, line in enumerate(io.StringIO(text), 1):
        named = re.match(r"# ?format: ?(.+)", line)
        if named:
            columns = named[1].strip().split("|")
            continue
        if not line.strip() or line[0] == "#":
            continue
        row = dict(zip(columns, line.rstrip("\r\n").split("|"), strict=False))
        if columns[:1] == ["aut"] and row.get("aut", "").isdigit() and row.get("org_id"):
            yield "aut", row["aut"], row["org_id"], number, line
        elif columns[:1] == ["org_id"] and len(row) == len(columns):
            value = [row.get("org_name", row.get("name", "")), _country(row.get("country"))]
            yield "org", row["org_id"], value, number, line
        else:
            yield "bad", "", None, number, line


def _json_lines(text: str) -> Iterator[Line]:
    for number, line in enumerate(io.StringIO(text), 1):
        if not line.strip() or line[0] == "#":
            continue
        try:
            row = json.loads(line)
            organisation = str(row["organizationId"])
            if row.get("type") == "ASN":
                yield "aut", str(int(row["asn"])), organisation, number, line
            else:
                yield "org", organisation, [str(row["name"]), _country(row["country"])], number, line
        except (ValueError, KeyError, TypeError):
            yield "bad", "", None, number, line


def _country(text: object) -> str | None:
    return text if isinstance(text, str) and re.fullmatch("[A-Z]{2}", text) and text != "ZZ" else None
