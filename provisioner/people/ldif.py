"""People of an LDIF file (RFC 2849): entries of inetOrgPerson, and groups that name them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from provisioner.errors import InvalidInputError
from provisioner.people.person import Person, person, plain, settle

_LINE = re.compile(r"([A-Za-z][A-Za-z0-9-]*)((?:;[A-Za-z0-9-]+)*):([:<]?) ?(.*)")
_PEOPLE = frozenset({"inetorgperson", "organizationalperson", "person", "user"})
_GROUPS = frozenset({"group", "groupofnames", "groupofuniquenames"})
_MEMBER = ("member", "uniquemember")


@dataclass
class Entry:
    """A record: its line and its values, by attribute in lower case."""

    line: int
    values: dict[str, list[str]] = field(default_factory=dict)

    def first(self, *names: str) -> str:
        """The first value of the first of these attributes that there is."""
        return next((self.values[name][0] for name in names if self.values.get(name)), "")

    def is_a(self, classes: frozenset[str]) -> bool:
        """Whether it's of one of these classes."""
        return any(name.lower() in classes for name in self.values.get("objectclass", []))


def read(text: str, file: str) -> list[Person]:
    """Everybody of the file.

    Raises:
        InvalidInputError: all that is wrong with it.
    """
    entries = list(_entries(text, file))
    members: dict[str, list[str]] = {}
    for group in entries:
        for kind in _MEMBER if group.is_a(_GROUPS) else ():
            for dn in group.values.get(kind, []):
                members.setdefault(_same(dn), []).append(group.first("cn"))
    rows = []
    for entry in entries:
        if not entry.is_a(_PEOPLE) or entry.is_a(_GROUPS):
            continue
        fields = {
            "username": entry.first("uid", "samaccountname"),
            "email": entry.first("mail"),
            "first_name": entry.first("givenname"),
            "last_name": entry.first("sn"),
            "language": entry.first("preferredlanguage"),
        }
        named = _groups_of(entry, members)
        rows.append((entry.line, person(fields, named or None, file, entry.line)))
    return settle(rows, file)


def _groups_of(entry: Entry, members: Mapping[str, Sequence[str]]) -> list[str]:
    """Our groups that name somebody, or that they say they are in; a directory has others, which mean nothing here."""
    said = [dn.split(",")[0].partition("=")[2] for dn in entry.values.get("memberof", [])]
    said += members.get(_same(entry.first("dn")), [])
    known = {"administrateurs", "employes", "elus", "redactionweb"}
    return [one for one in said if plain(one) in known]


def _same(dn: str) -> str:
    return re.sub(r"\s*([,=])\s*", r"\1", dn.strip()).lower()


def _entries(text: str, file: str) -> Iterator[Entry]:
    entry: Entry | None = None
    for line, content in _unfolded(text):
        if not content.strip():
            if entry is not None:
                yield entry
            entry = None
            continue
        if content.startswith("#") or (entry is None and content.lower().startswith("version:")):
            continue
        name, value = _attribute(content, file, line)
        if entry is None:
            if name != "dn":
                raise InvalidInputError("users.ldif-no-dn", file=file, line=line)
            entry = Entry(line)
        if name == "changetype" and value.lower() != "add":
            raise InvalidInputError("users.ldif-change", file=file, line=line, value=value)
        entry.values.setdefault(name, []).append(value)
    if entry is not None:
        yield entry


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Lines with what was folded joined again; an empty one comes last."""
    waiting, start = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(" ") and start:
            waiting += line[1:]
            continue
        if start:
            yield start, waiting
        waiting, start = line, number
    if start:
        yield start, waiting


def _attribute(content: str, file: str, line: int) -> tuple[str, str]:
    matched = _LINE.fullmatch(content)
    if matched is None:
        raise InvalidInputError("users.ldif-broken", file=file, line=line)
    name, _options, kind, value = matched.groups()
    if kind == "<":
        # Another file or address, which nobody showed us.
        raise InvalidInputError("users.ldif-elsewhere", file=file, line=line)
    if kind == ":":
        try:
            value = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            # Pictures and certificates are no text, and nothing that is read here.
            if name.lower() not in (
                "jpegphoto",
                "usercertificate",
                "userpassword",
                "objectguid",
                "objectsid",
            ):
                raise InvalidInputError("users.ldif-broken", file=file, line=line) from error
            value = ""
    return name.lower(), value
