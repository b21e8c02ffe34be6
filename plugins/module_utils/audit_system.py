# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an audit takes down of a server's software: system, packages with their licences, updates, components."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_shapes as shapes
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

RELEASE = ("ID", "VERSION_ID", "VERSION_CODENAME")
UPDATE = re.compile(r"^Inst (\S+)(?: \[([^\]]+)\])? \((\S+) ([^\[)]*)", re.MULTILINE)
STAMP = Path("/var/lib/apt/periodic/update-success-stamp")
LISTS = Path("/var/lib/apt/lists")
TREES = Path("/usr/share/nuage/trees")
DOC = Path("/usr/share/doc")
WORDPRESS = Path("/usr/share/wordpress/wp-includes/version.php")
LICENCES = {"keycloak": "Apache-2.0", "nextcloud": "AGPL-3.0-or-later", "wordpress": "GPL-2.0-or-later"}
"""Of what says so in prose alone."""
STANZA = re.compile(r"^Files:[ \t]*\*[ \t]*$", re.MULTILINE)
NAMED = re.compile(r"^License:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
OPERATORS = ("and", "or", "with", "exception")


def system():
    """The topic `system`."""
    release = dict(re.findall(r'^([A-Z_]+)="?([^"\n]*)"?$', shapes.read("/usr/lib/os-release"), re.MULTILINE))
    kept = {name: shapes.version(release.get(name)) for name in RELEASE}
    kept["DEBIAN_VERSION"] = shapes.shaped(shapes.read("/etc/debian_version").strip(), shapes.WORD)
    return {
        "os_release": kept,
        "kernel": shapes.version(os.uname().release),
        "uptime_s": int(float((shapes.read("/proc/uptime") or "0").split()[0])),
        "pending_updates": pending(),
        "last_update": shapes.rfc3339(last_update()),
        "reboot_required": Path("/run/reboot-required").exists(),
        "time": shapes.rfc3339(time.time()),
    }


def pending():
    """Updates that the lists on the disk know of; None where apt can't tell. Nothing is fetched."""
    command = ["apt-get", "--simulate", "--quiet", "-o", "Debug::NoLocking=1", "dist-upgrade"]
    try:
        return updates(run(command, timeout=60))
    except ProgramError:
        return None


def updates(text):
    """What `apt-get --simulate` would install over what is there."""
    return [
        {
            "name": shapes.word(name),
            "installed": shapes.version(installed),
            "candidate": shapes.version(candidate),
            "security": "security" in origin.lower(),
        }
        for name, installed, candidate, origin in UPDATE.findall(text)
    ]


def last_update():
    """When the lists of packages were last brought up to date (epoch); None for never."""
    times = [path.stat().st_mtime for path in (STAMP, LISTS / "partial", LISTS) if path.exists()]
    return int(max(times)) if times else None


def packages():
    """The topic `packages`."""
    fields = r"${Package}\t${Version}\t${Architecture}\t${source:Package}\t${db:Status-Abbrev}\n"
    rows = [line.split("\t") for line in run(["dpkg-query", "-W", "-f", fields]).splitlines()]
    return [
        {
            "name": shapes.word(name),
            "version": shapes.version(number),
            "arch": shapes.word(arch),
            "source": shapes.word(source),
            "licence": licence(copyright_of(name)),
        }
        for name, number, arch, source, status in rows
        if status.startswith("ii")
    ]


def copyright_of(name):
    path = DOC / name / "copyright"
    try:
        # Debian links the folder of one package to that of another.
        return shapes.read(path.resolve(strict=True))
    except OSError:
        return ""


def licence(text):
    """Short names of the licences in a machine-readable `copyright` (DEP 5), those of most files first; else None."""
    if not text.startswith("Format:"):
        return None
    everything = STANZA.search(text)
    first = NAMED.search(text, everything.end()) if everything else None
    names = [first[1]] if first else []
    names += sorted(set(NAMED.findall(text)) - set(names))
    kept = [name for name in names if all(map(fits, name.replace(",", " ").split()))]
    return "; ".join(kept[:6]) or None


def fits(part):
    return bool(shapes.LICENCE.match(part)) or part.lower() in OPERATORS


def components():
    """The topic `components`: what doesn't come from Debian, and WordPress."""
    found = [component(path) for path in sorted(TREES.glob("*.artifact.json"))]
    wordpress = re.search(r"^\$wp_version = '([^']+)'", shapes.read(WORDPRESS), re.MULTILINE)
    if wordpress:
        found.append(
            {
                "name": "wordpress",
                "version": shapes.version(wordpress[1]),
                "sha256": None,
                "licence": LICENCES["wordpress"],
            }
        )
    return [one for one in found if one]


def component(record):
    """A tree as the record beside it says; None where it can't be read."""
    try:
        identity = json.loads(shapes.read(record))
        name = str(identity["name"])
    except (ValueError, KeyError, TypeError):
        return None
    tree = record.with_name(record.name.removesuffix(".artifact.json"))
    sha256 = str(identity.get("sha256", ""))
    return {
        "name": shapes.word(name),
        "version": shapes.version(str(identity.get("version", ""))),
        "sha256": sha256 if re.fullmatch(r"[0-9a-f]{64}", sha256) else None,
        "licence": LICENCES.get(name) or declared(tree),
    }


def declared(tree):
    """The licence that an app of Nextcloud or a plugin of WordPress declares."""
    info = re.search(r"<licence>([^<]+)</licence>", shapes.read(tree / "appinfo" / "info.xml"))
    if info is None:
        return header(tree).get("licence")
    # What Nextcloud's documents mean by the short word.
    said = {"agpl": "AGPL-3.0-or-later"}.get(info[1].strip(), info[1].strip())
    return shapes.shaped(said, shapes.LICENCE)


def header(folder):
    """Version and licence that a plugin's or a theme's own comment declares."""
    names = [name for name in shapes.entries(folder) if name.endswith(".php")]
    for name in ["style.css", *names]:
        text = shapes.read(Path(folder) / name, 8192)
        if re.search(r"^[ \t/*#@]*(?:Plugin|Theme) Name:", text, re.MULTILINE | re.IGNORECASE):
            return {"version": field(text, "Version"), "licence": spdx(field_text(text, "License"))}
    return {"version": None, "licence": None}


def field_text(text, name):
    found = re.search(rf"^[ \t/*#@]*{name}:[ \t]*(.+?)[ \t\r]*$", text, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else None


def field(text, name):
    return shapes.version(field_text(text, name))


def spdx(text):
    """A licence as authors of WordPress write it, in the words of SPDX where they are plain; None for prose."""
    if text is None:
        return None
    found = re.fullmatch(
        r"(?:GNU )?(A?L?GPL|General Public License)[ -]?v?\s*([23])(?:\.0)?(.*)", text, re.IGNORECASE
    )
    if found:
        family = "GPL" if found[1].lower().startswith("general") else found[1].upper()
        later = any(word in found[3].lower() for word in ("later", "+"))
        return f"{family}-{found[2]}.0-{'or-later' if later else 'only'}"
    return text if shapes.LICENCE.match(text) else None
