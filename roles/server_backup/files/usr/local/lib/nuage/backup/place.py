# SPDX-License-Identifier: AGPL-3.0-or-later
"""The door of a municipality's place: open, tried by the server alone, or closed.

A closed place has no unit that starts, and a notice at its door; it stays so over a power cut. What it had is kept
beside, and put back when it opens.
"""

from __future__ import annotations

import ipaddress
import json
import os
import pwd
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

import forward
from moment import processes_of
from settings import BackupError, read, run, write

PLACES = Path("/var/lib/nuage/places")
VHOSTS = Path("/etc/nginx/nuage.d")
WANTED = Path("/etc/nuage/wanted.d")
RECORDS = Path("/var/lib/nuage/converged")
UNTIL = "include /etc/nginx/nuage-snippets/security.conf;"
ADDRESS = "    listen "
PATIENCE_S = 6
"""For requests that are being answered: whoever waits longer asks again, at the new place."""

REFUSED = """
    location / {
        return 503;
    }
"""
SHOWN = """
    error_page 503 @notice;
    location @notice {
        include /etc/nginx/nuage-snippets/security.conf;
        add_header Cache-Control no-store always;
        add_header Retry-After 60 always;
        root /usr/share/nuage/notices;
        default_type text/html;
        try_files /moving.html =503;
    }
"""
TRIED = """
    # The server itself tries it meanwhile.
    if ($remote_addr != "{address}") {{
        return 503;
    }}
"""


def note(name):
    """What is noted of a place that isn't open; empty for one that is."""
    return read(PLACES / f"{name}.json")


def _write_note(name, **words):
    PLACES.mkdir(mode=0o700, parents=True, exist_ok=True)
    write(PLACES / f"{name}.json", json.dumps(words, sort_keys=True) + "\n")
    flush(PLACES)


def flush(folder):
    """So that a name is on disk, and not only what it names."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def close(of, **words):
    """Returns once nothing of the municipality runs, and nothing will. Again, it is the same."""
    kept = PLACES / of.name
    if not note(of.name):
        shutil.rmtree(kept, ignore_errors=True)
    for part in ("wanted", "vhosts"):
        (kept / part).mkdir(mode=0o700, parents=True, exist_ok=True)
    _keep(of, kept)
    _write_note(of.name, **{**note(of.name), **words, "state": "closed", "at": int(time.time())})
    _show(kept, "notice")
    names = _units(kept)
    for path in sorted(WANTED.glob(f"{of.code}-*")):
        path.unlink()
    _forget_digest(of.name)
    if names:
        run(["systemctl", "disable", *names], "moving.not-closed", timeout=60)
    patterns = [f"nuage-*@{of.code}.{kind}" for kind in ("socket", "timer", "service")]
    patterns += [name for name in names if name.endswith(".timer")]
    run(["systemctl", "stop", "--no-block", *patterns], "moving.not-closed", timeout=60)
    _end(of)
    run(["systemctl", "stop", *patterns], "moving.not-closed", timeout=60)
    os.sync()


def _forget_digest(name):
    """Whoever deploys looks at it anew, wherever it opens; and `status` says what this is."""
    path = RECORDS / f"{name}.json"
    if path.exists():
        write(path, json.dumps({**read(path), "digest": "", "state": "moved"}, sort_keys=True) + "\n", 0o644)


def _end(of):
    """Requests that are being answered may end; after that they are ended."""
    uid = pwd.getpwnam(of.user).pw_uid
    deadline = time.monotonic() + PATIENCE_S
    while processes := processes_of(uid):
        if time.monotonic() > deadline + 10:
            raise BackupError("moving.not-closed", f"processes of {of.user} don't end")
        if time.monotonic() > deadline:
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        time.sleep(0.02)


def _keep(of, kept):
    """The units and the vhosts as deployments wrote them."""
    for path in sorted(WANTED.glob(f"{of.code}-*")):
        write(kept / "wanted" / path.name, path.read_text(), 0o644)
    for path in sorted(VHOSTS.glob(f"{of.code}-*.conf")):
        text = path.read_text()
        if UNTIL not in text:
            raise BackupError("moving.not-closed", f"{path} isn't as the role writes it")
        # What this program wrote isn't what is kept.
        if not (kept / "vhosts" / path.name).exists() or not text.startswith("# nuage move"):
            write(kept / "vhosts" / path.name, text, 0o644)
    for part in ("wanted", "vhosts"):
        flush(kept / part)


def _units(kept):
    found = set()
    for path in sorted((kept / "wanted").iterdir()):
        found |= {line.strip() for line in path.read_text().splitlines() if line.strip()}
    return sorted(found)


def _show(kept, how, address="", root=""):
    """The municipality's doors in one of four ways."""
    for path in sorted((kept / "vhosts").glob("*.conf")):
        text = path.read_text()
        head, mark, rest = text.partition(UNTIL)
        if how == "open":
            whole = text
        elif how == "tried":
            shown = "" if "@notice" in rest else SHOWN
            tried = TRIED.format(address=_own_address(text))
            whole = f"# nuage move\n{head}{mark}\n{shown}{tried}{rest}"
        elif how == "forward":
            whole = "# nuage move\n" + forward.door(head, SHOWN, address, root)
        else:
            whole = f"# nuage move\n{head}{mark}\n{SHOWN}{REFUSED}}}\n"
        write(VHOSTS / path.name, whole, 0o644)
    run(["nginx", "-t", "-q"], "moving.door-failed", timeout=60)
    run(["systemctl", "reload-or-restart", "nginx.service"], "moving.door-failed", timeout=60)


def _own_address(text):
    """What the vhost listens on."""
    line = next(line for line in text.splitlines() if line.startswith(ADDRESS) and "443" in line)
    return line.removeprefix(ADDRESS).split()[0].rpartition(":")[0].strip("[]")


def try_out(of):
    """Its doors answer the server itself, whose address this gives; its scheduled work rests."""
    kept = PLACES / of.name
    names = [name for name in _units(kept) if not name.endswith(".timer")]
    if names:
        run(["systemctl", "start", *names], "moving.not-started", timeout=120)
    _show(kept, "tried")
    return _own_address(next((kept / "vhosts").glob("*.conf")).read_text())


def pass_on(of, address, authority):
    """A closed place whose doors lead to another server."""
    if note(of.name).get("state") != "closed":
        raise BackupError("moving.failed", f"{of.name} isn't closed")
    address = str(ipaddress.ip_address(address))
    kept = PLACES / of.name
    root = forward.root_of(kept, authority)
    _write_note(of.name, **{**note(of.name), "forward": address})
    rules()
    _show(kept, "forward", address, root)


def rules():
    """What nginx may reach, by the notes of all places here."""
    found = (read(path).get("forward") for path in sorted(PLACES.glob("*.json")))
    forward.reach({each for each in found if each})


def open_again(of, trusted=""):
    """As deployments had it. Returns once it answers everybody; ``trusted`` passes on who still comes to it."""
    forward.trust(of.code, trusted and str(ipaddress.ip_address(trusted)))
    kept = PLACES / of.name
    if not note(of.name):
        return
    _show(kept, "open")
    for path in sorted((kept / "wanted").iterdir()):
        write(WANTED / path.name, path.read_text(), 0o644)
    names = _units(kept)
    if names:
        run(["systemctl", "enable", "--now", *names], "moving.not-started", timeout=120)
    (PLACES / f"{of.name}.json").unlink(missing_ok=True)
    rules()
    shutil.rmtree(kept, ignore_errors=True)
