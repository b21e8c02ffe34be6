# SPDX-License-Identifier: AGPL-3.0-or-later
"""A municipality's website: what WordPress itself exports, its media, and the pages as anybody sees them.

WordPress's export and the pages are of a few seconds after the moment; media and database are of the moment itself.
"""

from __future__ import annotations

import html
import re
import subprocess
from pathlib import Path

import crawling
from settings import ENVIRONMENT, BackupError

UNIT = Path("/etc/systemd/system/nuage-wordpress-cron@.service")
CONFINE = "/usr/local/lib/nuage/confine"
LEFT_OUT = ("Type", "ExecStart", "EnvironmentFile", "TimeoutStartSec", "SyslogIdentifier")
LONGEST_S = 1800
LINK = re.compile(r"^\s*<link>(https?://[^<\s]+)</link>", re.MULTILINE)


def sandboxed(unit, code):
    """`systemd-run` with the properties of the municipality's scheduled work: no more of the server than it has."""
    section, found = "", []
    for line in unit.splitlines():
        if line.startswith("["):
            section = line.strip()
            continue
        name, equals, _ = line.partition("=")
        if not equals or line.startswith("#"):
            continue
        if (section == "[Service]" and name not in LEFT_OUT) or (
            section == "[Unit]" and name in ("After", "Wants")
        ):
            found.append("--property=" + line.replace("%i", code))
    if not any(each.startswith("--property=User=") for each in found):
        raise BackupError("export.failed", "the unit of the scheduled work names no user")
    return ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--service-type=exec", *found]


def exported(code, target):
    """WordPress's own export of everything (WXR), from a program in the municipality's sandbox."""
    command = sandboxed(UNIT.read_text(), code)
    command += [f"--property=RuntimeMaxSec={LONGEST_S}", f"--description=Export of the website of {code}"]
    command += ["--setenv=TMPDIR=/tmp", f"--setenv=WORDPRESS_CONFIG={code}", "--setenv=LC_ALL=C.UTF-8"]
    # It reads the program by standard input: the sandbox sees nothing of this folder.
    command += ["--", CONFINE, "/usr/bin/php", "-d", "display_errors=stderr"]
    program = Path(__file__).with_name("wxr.php").read_bytes()
    with target.open("wb") as out:
        done = subprocess.run(
            command, input=program, stdout=out, stderr=subprocess.PIPE, env=ENVIRONMENT, cwd="/", check=False
        )
    if done.returncode != 0:
        raise BackupError("export.website-failed", done.stderr.decode(errors="replace")[-1500:])


def addresses(path):
    """Of all that WordPress exported: drafts have one too, and answer nobody."""
    return [html.unescape(found) for found in LINK.findall(path.read_text("utf-8", "replace"))]


def export(code, place, found, asked):
    """Into the catalogue."""
    made, content = place / "made" / "website", place / "files" / "wordpress" / "wp-content"
    made.mkdir()
    exported(code, made / "wordpress.xml")
    crawling.export(asked["website"], asked["address"], made / "static", addresses(made / "wordpress.xml"))
    found.tree("website", made, asked["run"])
    uploads = str(content / "uploads")
    found.tree("website/media", uploads, "")
    if content.is_dir():
        found.tree("website/wp-content", content, "", left_out=(uploads,))
