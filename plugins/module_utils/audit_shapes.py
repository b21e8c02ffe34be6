# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an audit may take down: values of a known shape, of known keys. Nothing else leaves a server.

White lists, never black ones: a mail address in a field for hosts isn't a host, and is told as unreadable.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import re
import stat
import time
import urllib.parse
from pathlib import Path

UNREADABLE = "?"
"""In the place of a value that is there and isn't what its field is for."""
LONGEST = 262144
MOST = 400
"""Entries of one folder that a municipality fills."""

HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\Z")
WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+:~*/\\-]{0,99}\Z")
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+:~-]{0,63}\Z")
LICENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,60}\Z")
CODE = re.compile(r"[0-9]{5}\Z")
TENANT = re.compile(r"t[0-9]{5}\Z")
SYSTEM_UIDS = range(1000)
OURS = frozenset({"root", "nuage", "nuage-audit", "nuage-golden"})


def canonical(value):
    """The one text of a value, as `provisioner.audit.bundle.canonical` makes it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"


def digest(text):
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def rfc3339(seconds):
    """An instant (epoch, seconds) as text; None where there is none."""
    return None if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def read(path, longest=LONGEST):
    """The beginning of a plain file as text; empty where there is none.

    What a municipality owns may be a link to another's file or a pipe that nobody fills: neither is opened.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return ""
        return stream.read(longest).decode("utf-8", "replace")


def entries(folder):
    """Names in a folder, sorted, hidden ones aside; none where there is no folder."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [name for name in names if not name.startswith(".")][:MOST]


def shaped(value, pattern):
    """The text where it fits, `UNREADABLE` where it doesn't, None where there is none."""
    if value is None or value == "":
        return None
    return value if isinstance(value, str) and pattern.match(value) else UNREADABLE


def word(value):
    return shaped(value, WORD)


def version(value):
    return shaped(value, VERSION)


def host(value):
    """A name, an address or a network; None for none."""
    if value is None or value == "":
        return None
    text = str(value).strip().strip("[]")
    try:
        return str(ipaddress.ip_network(text)) if "/" in text else str(ipaddress.ip_address(text))
    except ValueError:
        return shaped(text, HOST)


def port(value):
    text = str(value or "")
    return int(text) if text.isdigit() and int(text) < 65536 else None


def place(url, source):
    """Where an address leads, without what it says beside: no user, no password, no path."""
    text = str(url)
    try:
        parts = urllib.parse.urlsplit(text if "//" in text else f"//{text}")
        name, number = parts.hostname, parts.port
    except ValueError:
        name, number = UNREADABLE, None
    number = number or {"http": 80, "https": 443, "ldap": 389, "ldaps": 636}.get(parts.scheme if name else "")
    found = UNREADABLE if name == UNREADABLE else (host(name) or UNREADABLE)
    return {"host": found, "port": number, "source": source}


def flag(value):
    """True or false, in the words that PHP, INI files and databases have for them; None for anything else."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("1", "true", "yes", "on", "t"):
        return True
    return False if text in ("0", "false", "no", "off", "f", "") and value is not None else None


def number(value):
    text = str(value).strip()
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None


def account(name, uid):
    """An account as an audit names it: those of services by name, people's by number."""
    known = name in OURS or TENANT.match(name) or uid in SYSTEM_UIDS
    return name if known and WORD.match(name) else f"uid:{uid}"


def home_of(code):
    return Path("/srv/tenants") / f"t{code}"
