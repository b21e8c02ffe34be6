# SPDX-License-Identifier: AGPL-3.0-or-later
"""One iCalendar (RFC 5545) of a calendar's many objects, and one vCard file of an address book's."""

from __future__ import annotations

import base64

END = "\r\n"


def decoded(text):
    """PostgreSQL folds base 64."""
    return base64.b64decode(text).decode("utf-8", "replace")


def escaped(text):
    """A value of type TEXT."""
    for plain, coded in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n"), ("\r", "")):
        text = text.replace(plain, coded)
    return text


def folded(line):
    """At most 75 bytes a line, and no character cut in two."""
    parts, begun = [], ""
    for letter in line:
        if len((begun + letter).encode()) > (75 if not parts else 74):
            parts.append(begun)
            begun = ""
        begun += letter
    return f"{END} ".join([*parts, begun])


def components(text):
    """What lies in the outermost VCALENDAR: name and lines of each, as they are."""
    depth, begun, name = 0, [], ""
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        word = line.upper().strip()
        if word.startswith("BEGIN:"):
            depth += 1
            if depth == 2:
                begun, name = [], word.removeprefix("BEGIN:")
        if depth >= 2:
            begun.append(line)
        if word.startswith("END:"):
            if depth == 2:
                yield name, begun
            depth -= 1


def calendar(name, texts):
    """All objects in one; a time zone that many of them bring is there once."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//nuage-commun//export//FR", "CALSCALE:GREGORIAN"]
    lines.append(folded(f"X-WR-CALNAME:{escaped(name)}"))
    zones, rest = {}, []
    for text in texts:
        for kind, found in components(text):
            if kind == "VTIMEZONE":
                known = next((line for line in found if line.upper().startswith("TZID")), "")
                zones.setdefault(known, found)
            else:
                rest.append(found)
    for found in (*zones.values(), *rest):
        lines += found
    lines.append("END:VCALENDAR")
    return END.join(lines) + END


def cards(texts):
    """One after the other, as the format has it."""
    lines = [line for text in texts for line in text.replace("\r\n", "\n").strip("\n").split("\n")]
    return END.join(lines) + END if lines else ""
