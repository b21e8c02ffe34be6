# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a Nextcloud and its apps say of the versions that they run with."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

BOUND = re.compile(r"const (MIN|MAX)_POSTGRES = '([0-9]+)'")
OF_DATABASES = "apps/settings/lib/SetupChecks/SupportedDatabase.php"


def postgresql_bounds(tree):
    """First and last major version of PostgreSQL, or None where the code doesn't say."""
    try:
        text = (Path(tree) / OF_DATABASES).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    found = {which: int(number) for which, number in BOUND.findall(text)}
    return (found["MIN"], found["MAX"]) if found.keys() == {"MIN", "MAX"} else None


def against(folder, major, php):
    """What an app's own info.xml says against this Nextcloud or this PHP: what was found and expected, or nothing."""
    told = ElementTree.parse(Path(folder) / "appinfo" / "info.xml").getroot().find("dependencies")
    for name, found in (("nextcloud", str(major)), ("php", php)):
        wanted = told.find(name) if told is not None else None
        if wanted is None:
            continue
        least, most = wanted.get("min-version"), wanted.get("max-version")
        if not within(found, least, most):
            expected = f"{name} {least or ''}–{most or ''}"
            return {"found": f"{name} {found}", "expected": expected}
    return {}


def within(found, least, most):
    """Whether a version lies between two, each of which may be missing; a bound is as exact as it is written."""
    numbers = parts(found)
    return (least is None or cut(numbers, least) >= parts(least)) and (
        most is None or cut(numbers, most) <= parts(most)
    )


def cut(numbers, bound):
    return [*numbers, 0, 0, 0][: len(parts(bound))]


def parts(text):
    return [int(each) for each in re.findall(r"[0-9]+", text)[:3]]
