# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a server notes of its municipalities' copies: at whose place, when made, whether they came back."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_shapes as shapes

SETTINGS = Path("/etc/nuage/backup")
STATE = Path("/var/lib/nuage/backup")
NAME = re.compile(r"([0-9]{5})-(apps|identity)\.json\Z")


def copies(settings=SETTINGS, state=STATE):
    """The topic `copies`."""
    found = []
    for entry in shapes.entries(settings):
        named = NAME.match(entry)
        if named:
            told, noted = loaded(settings / entry), loaded(state / entry)
            tried = loaded(state / f"{named[1]}-{named[2]}.drill.json")
            found.append(
                {
                    "code": named[1],
                    "part": named[2],
                    "keeper": shapes.shaped(told.get("keeper"), shapes.HOST),
                    "last": instant((noted.get("success") or {}).get("at")),
                    "failed": bool(noted.get("failure")),
                    "drill": drill(tried),
                }
            )
    return {"kept": found}


def drill(tried):
    """When a copy was last brought back, and whether it was what it should be; None where it never was."""
    at = instant(tried.get("at"))
    return {"at": at, "good": tried.get("good") is True} if at else None


def instant(seconds):
    return shapes.rfc3339(seconds) if isinstance(seconds, (int, float)) and seconds > 0 else None


def loaded(path):
    """The object in a file; an empty one where there is none."""
    try:
        found = json.loads(shapes.read(path))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
