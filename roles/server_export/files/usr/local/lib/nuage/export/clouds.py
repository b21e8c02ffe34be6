# SPDX-License-Identifier: AGPL-3.0-or-later
"""A municipality's Nextcloud: people's files as files, shares as a table, calendars and contacts in open formats.

Asked in the transaction of the dump, so that all is of the moment of the snapshot.
"""

from __future__ import annotations

import json

import calendars
from tables import free_name, table

ABOVE = {
    "files": "files",
    "files_trashbin/files": "deleted-files",
    "files_versions": "old-versions",
}
"""Folders of a person in Nextcloud's data, and of the export."""

KINDS = {0: "person", 1: "group", 3: "link", 4: "email", 6: "other-server", 7: "circle", 10: "conversation"}
MAY = ((1, "read"), (2, "change"), (4, "add"), (8, "delete"), (16, "share"))

SHARES = """
SELECT s.share_type AS kind, s.uid_owner AS owner, s.uid_initiator AS by, s.share_with AS whom, s.token,
       c.path, s.file_target AS target, s.permissions, s.expiration, s.stime, s.item_type AS item,
       s.password IS NOT NULL AS protected
  FROM public.oc_share s LEFT JOIN public.oc_filecache c ON c.fileid = s.file_source
 WHERE s.share_type <> 2 ORDER BY s.id
"""
CALENDARS = """
SELECT id, principaluri AS principal, coalesce(displayname, uri) AS name FROM public.oc_calendars
 WHERE deleted_at IS NULL ORDER BY id
"""
EVENTS = """
SELECT calendarid AS of, encode(calendardata, 'base64') AS text FROM public.oc_calendarobjects
 WHERE calendartype = 0 AND deleted_at IS NULL ORDER BY calendarid, id
"""
BOOKS = """
SELECT id, principaluri AS principal, coalesce(displayname, uri) AS name FROM public.oc_addressbooks
 WHERE principaluri NOT LIKE 'principals/system/%' ORDER BY id
"""
CARDS = """
SELECT addressbookid AS of, encode(carddata, 'base64') AS text FROM public.oc_cards ORDER BY addressbookid, id
"""
PEOPLE = "SELECT uid AS id, displayname AS name FROM public.oc_users ORDER BY uid"
SIGNED_IN = "SELECT user_id AS id, display_name AS name FROM public.oc_user_oidc ORDER BY user_id"


def asked(session, statement):
    """Rows as objects: JSON has neither tabs nor ends of lines of its own."""
    return [json.loads(row[0]) for row in session.ask(f"SELECT row_to_json(r) FROM ({statement}) r;")]


def has(session, table_name):
    return session.ask(f"SELECT to_regclass('public.{table_name}') IS NOT NULL;") == [["t"]]


def person_of(principal):
    """`principals/users/marie` is Marie's."""
    return principal.rpartition("/")[2]


def export(session, place, found, asked_for):
    """Files into the catalogue; what the database holds into `made`."""
    made = place / "made"
    owners = {row["id"]: row["name"] or "" for row in asked(session, PEOPLE)}
    if has(session, "oc_user_oidc"):
        owners |= {row["id"]: row["name"] or "" for row in asked(session, SIGNED_IN)}
    folders = _files(place / "files" / "nextcloud" / "data", found)
    rows = [[owner, owners.get(owner, ""), folder] for owner, folder in sorted(folders.items())]
    table(made / "files" / "owners.csv", ["person", "name", "folder"], rows)
    _shares(session, made / "files" / "shares.csv")
    _collections(session, (CALENDARS, EVENTS), made / "calendars", ".ics", calendars.calendar)
    _collections(
        session, (BOOKS, CARDS), made / "contacts", ".vcf", lambda name, texts: calendars.cards(texts)
    )
    for folder in ("files", "calendars", "contacts"):
        found.tree(folder, made / folder, asked_for["run"])


def _files(data, found):
    """Folders of the export by person."""
    folders, taken = {}, {"owners.csv", "shares.csv"}
    if not data.is_dir():
        return folders
    for home in sorted(data.iterdir()):
        if not home.is_dir() or home.is_symlink() or home.name.startswith("appdata_"):
            continue
        if home.name == "__groupfolders":
            found.tree("files/__groupfolders", home, "")
        elif (home / "files").is_dir():
            folders[home.name] = free_name(home.name, "", taken)
            for inside, above in ABOVE.items():
                found.tree(f"{above}/{folders[home.name]}", home / inside, "")
    return folders


def _shares(session, path):
    header = [
        "kind",
        "owner",
        "shared_by",
        "with",
        "item",
        "path",
        "name_there",
        "may",
        "until",
        "link",
        "password",
    ]
    rows = []
    for one in asked(session, SHARES):
        may = " ".join(word for bit, word in MAY if one["permissions"] & bit)
        kind = KINDS.get(one["kind"], str(one["kind"]))
        inside = (one["path"] or "").removeprefix("files/")
        link = one["token"] if one["kind"] in (3, 4) else ""
        guarded = "yes" if one["protected"] else "no"
        who = [kind, one["owner"], one["by"], one["whom"], one["item"], inside, one["target"]]
        rows.append([*who, may, one["expiration"], link, guarded])
    table(path, header, rows)


def _collections(session, statements, folder, suffix, made_of):
    """One file for each calendar, or each address book, by person."""
    folder.mkdir()
    texts = {}
    for row in asked(session, statements[1]):
        texts.setdefault(row["of"], []).append(calendars.decoded(row["text"]))
    taken = {}
    for one in asked(session, statements[0]):
        owner = free_name(person_of(one["principal"]), "", set())
        name = free_name(one["name"], suffix, taken.setdefault(owner, set()))
        (folder / owner).mkdir(exist_ok=True)
        text = made_of(one["name"], texts.get(one["id"], []))
        # Both formats end their lines with both characters, which text mode would double elsewhere.
        (folder / owner / name).write_bytes(text.encode())
