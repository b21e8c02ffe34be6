# SPDX-License-Identifier: AGPL-3.0-or-later
"""People and groups of a municipality's realm, as LDIF (RFC 2849) and as tables, beside Keycloak's own export."""

from __future__ import annotations

import base64
import json
import re

import realms
from tables import table

PLAIN = re.compile(r"[\x01-\x09\x0b\x0c\x0e-\x1f\x21-\x39\x3b\x3d-\x7f][\x01-\x09\x0b\x0c\x0e-\x7f]*")
"""SAFE-STRING of RFC 2849; anything else is written in base 64."""
SPECIAL = re.compile(r'([,+"\\<>;=#])')


def paths(groups, above=""):
    """Every group by its path, those inside others too."""
    for group in groups:
        path = f"{above}/{group['name']}"
        yield path, group
        yield from paths(group.get("subGroups") or [], path)


def line(name, value):
    """One value, folded at 76."""
    text = value if isinstance(value, str) else str(value)
    if text == "" or (PLAIN.fullmatch(text) and not text.endswith(" ")):
        whole = f"{name}: {text}".rstrip(" ")
    else:
        whole = f"{name}:: {base64.b64encode(text.encode()).decode()}"
    first, rest = whole[:76], whole[76:]
    return "\n ".join([first, *(rest[at : at + 75] for at in range(0, len(rest), 75))])


def named(value):
    """A value in a distinguished name (RFC 4514)."""
    escaped = SPECIAL.sub(r"\\\1", value)
    if escaped.startswith(" "):
        escaped = "\\" + escaped
    return escaped[:-1] + "\\ " if escaped.endswith(" ") else escaped


def entry(pairs):
    return "\n".join(line(name, value) for name, value in pairs if value != "") + "\n"


def of_person(person, base):
    """An inetOrgPerson; no password, nor what a password is checked by."""
    user, mail = person["username"], person.get("email") or ""
    first, last = person.get("firstName") or "", person.get("lastName") or ""
    language = ((person.get("attributes") or {}).get("locale") or [""])[0]
    full = f"{first} {last}".strip() or user
    dn = f"uid={named(user)},ou=people,{base}"
    pairs = [("dn", dn), ("objectClass", "inetOrgPerson"), ("uid", user), ("cn", full), ("sn", last or user)]
    pairs += [("givenName", first), ("mail", mail), ("preferredLanguage", language)]
    return dn, entry(pairs)


def ldif(realm, domain):
    """People, then groups that name them."""
    base = ",".join(f"dc={part}" for part in domain.split("."))
    texts = ["version: 1\n", entry([("dn", base), ("objectClass", "domain"), ("dc", domain.split(".")[0])])]
    texts += [
        entry([("dn", f"ou={unit},{base}"), ("objectClass", "organizationalUnit"), ("ou", unit)])
        for unit in ("people", "groups")
    ]
    members = {}
    for person in people_of(realm):
        dn, text = of_person(person, base)
        texts.append(text)
        for path in person.get("groups") or []:
            members.setdefault(path, []).append(dn)
    for path, _ in paths(realm.get("groups") or []):
        name = path.removeprefix("/")
        # A group of LDAP has somebody in it: an empty one is in groups.csv alone.
        if members.get(path):
            pairs = [
                ("dn", f"cn={named(name)},ou=groups,{base}"),
                ("objectClass", "groupOfNames"),
                ("cn", name),
            ]
            texts.append(entry([*pairs, *(("member", dn) for dn in members[path])]))
    return "\n".join(texts)


def people_of(realm):
    """Persons, and no accounts of programs."""
    return [each for each in realm.get("users") or [] if not each.get("serviceAccountClientId")]


def export(code, folder, asked):
    """Into a folder."""
    folder.mkdir(parents=True, mode=0o700)
    realms.export_alone(code, folder / "realm.json")
    realm = json.loads((folder / "realm.json").read_text())
    (folder / "people.ldif").write_text(ldif(realm, asked["domain"]), encoding="utf-8")
    header = ["username", "email", "first_name", "last_name", "language", "enabled", "groups"]
    rows = []
    for each in people_of(realm):
        language = ((each.get("attributes") or {}).get("locale") or [""])[0]
        groups = ";".join(path.removeprefix("/") for path in each.get("groups") or [])
        fields = [each.get(name) for name in ("username", "email", "firstName", "lastName")]
        rows.append([*fields, language, "yes" if each.get("enabled") else "no", groups])
    table(folder / "people.csv", header, rows)
    counted = [path for each in people_of(realm) for path in each.get("groups") or []]
    groups = [[path.removeprefix("/"), counted.count(path)] for path, _ in paths(realm.get("groups") or [])]
    table(folder / "groups.csv", ["group", "people"], groups)
