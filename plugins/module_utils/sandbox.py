# SPDX-License-Identifier: AGPL-3.0-or-later
"""A program of our own in a municipality's sandbox, which is that of its scheduled work: no more of the server.

An application runs what the municipality's database and files say, a theme named in an option for one. So what
reconciles it gets no more of the server than it has itself.
"""

from __future__ import annotations

import json

from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError

CONFINE = "/usr/local/lib/nuage/confine"
OF_SCHEDULED_WORK = ("Type", "ExecStart", "EnvironmentFile", "TimeoutStartSec", "SyslogIdentifier")
NEEDED = ("After", "Wants")
"""Other units that the application needs beside it."""


def properties(unit, code):
    """Properties for `systemd-run` from the text of the scheduled work's unit.

    Raises:
        ProgramError: the unit names no user, so its programs would be root's.
    """
    section, found = "", []
    for line in unit.splitlines():
        if line.startswith("["):
            section = line.strip()
            continue
        name, equals, _value = line.partition("=")
        if not equals or line.startswith("#"):
            continue
        if (section == "[Service]" and name not in OF_SCHEDULED_WORK) or (
            section == "[Unit]" and name in NEEDED
        ):
            found.append("--property=" + line.replace("%i", code))
    if not any(each.startswith("--property=User=") for each in found):
        raise ProgramError("the unit of the scheduled work names no user")
    return found


def answer(text, version, change):
    """What such a program says, checked by these patterns: it may be the municipality's own words.

    Raises:
        ProgramError: it is another answer than expected.
    """
    done = json.loads(text)
    if not isinstance(done, dict) or not isinstance(done.get("changed"), list):
        raise ProgramError("the reconciler gave another answer than expected")
    words = [done.get("version"), *done["changed"]]
    patterns = [version] + [change] * len(done["changed"])
    for word, pattern in zip(words, patterns, strict=True):
        if not isinstance(word, str) or not pattern.fullmatch(word):
            raise ProgramError("the reconciler gave another answer than expected")
    return done
