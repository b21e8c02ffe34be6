# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tables as files that spreadsheets open, and names of people's that are safe as files' names."""

from __future__ import annotations

import csv
import re

UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\<>:"|?*]')


def cell(value):
    """A spreadsheet takes what begins so for a formula."""
    text = "" if value is None else str(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def table(path, header, rows):
    """CSV (RFC 4180) in UTF-8, with the mark that spreadsheets know it by."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows([[cell(value) for value in row] for row in rows])


def file_name(text):
    """A name that any system takes, of at most 120 characters."""
    safe = UNSAFE.sub("_", text).strip(" .")[:120]
    return safe or "_"


def free_name(text, suffix, taken):
    """The same, of nobody else in ``taken``, which it joins."""
    name, number = f"{file_name(text)}{suffix}", 1
    while name.casefold() in taken:
        number += 1
        name = f"{file_name(text)} ({number}){suffix}"
    taken.add(name.casefold())
    return name
