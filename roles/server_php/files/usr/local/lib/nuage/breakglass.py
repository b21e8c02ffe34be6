#!/usr/bin/python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Break-glass: a short-lived local administrator of one municipality's service, for when its accounts are of no help.

    breakglass.py open|end|list < request       what `nuage breakglass` asks, as one JSON object
    breakglass.py sweep                         removes what is over; a timer calls it while there is something

What the service's own programs do runs in the municipality's sandbox, as a unit that gets its request as a credential:
no password is on a command line. Each account is noted before it is made, so that it is also removed when the server
stopped in between. The door, which the service itself reads, is opened last and closed first.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
import syslog
import tempfile
import time
from pathlib import Path

NOTES = Path("/var/lib/nuage/breakglass")
DOORS = Path("/etc/nuage/breakglass")
REQUESTS = Path("/run/nuage-breakglass")
TIMER = "nuage-breakglass.timer"
LONGEST_S = 8 * 3600
PATIENCE_S = 120
FORMS = {
    "code": re.compile(r"[0-9]{5}"),
    "service": re.compile(r"wordpress|nextcloud"),
    "account": re.compile(r"secours-[a-z0-9]{6,20}"),
    "password": re.compile(r"[A-Za-z0-9-]{20,64}"),
    "operator": re.compile(r"[^\x00-\x1f]{1,100}"),
    "reason": re.compile(r"[^\x00-\x1f]{1,500}"),
}
KEPT = ("code", "service", "account", "operator", "reason", "opened", "until")


class RefusedError(Exception):
    """``str()`` is the key of a message."""


def checked(request: dict[str, object], *names: str) -> list[str]:
    """These fields of a request, each of the form that it must have."""
    found = []
    for name in names:
        value = request.get(name)
        if not isinstance(value, str) or not FORMS[name].fullmatch(value):
            raise RefusedError(f"bad-{name}")
        found.append(value)
    return found


def write(path: Path, value: dict[str, object], mode: int, group: int = 0) -> None:
    """Root's file, in one step."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(value, stream)
        stream.flush()
        os.fchown(handle, 0, group)
        os.fchmod(handle, mode)
        os.fsync(handle)
    Path(temporary).replace(path)


def notes() -> list[dict[str, object]]:
    """All accounts that there are, half-made ones included."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(NOTES.glob("[0-9]*.json"))]
    return sorted(found, key=lambda note: (note["code"], note["service"]))


def say(text: str) -> None:
    """To the server's journal."""
    syslog.openlog("nuage-breakglass", 0, syslog.LOG_AUTH)
    syslog.syslog(syslog.LOG_NOTICE, text)


def systemctl(*words: str) -> None:
    """Raises OSError with what it said."""
    done = subprocess.run(
        ["systemctl", *words], capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    if done.returncode != 0:
        raise OSError(f"systemctl {words[0]}: {(done.stderr or done.stdout).strip()[-500:]}")


def group_of(code: str, service: str) -> int:
    """The municipality's group, where it has the service."""
    unit = Path(f"/etc/systemd/system/nuage-{service}-breakglass@.service")
    if not unit.is_file() or not Path(f"/etc/nuage/{service}/{code}.env").is_file():
        raise RefusedError("no-service")
    return Path(f"/srv/tenants/t{code}").stat().st_gid


def carry_out(code: str, service: str, request: dict[str, object]) -> None:
    """The service's own program does it."""
    unit = f"nuage-{service}-breakglass@{code}.service"
    REQUESTS.mkdir(mode=0o700, exist_ok=True)
    path = REQUESTS / f"{code}-{service}.json"
    write(path, request, 0o600)
    try:
        systemctl("start", unit)
    finally:
        path.unlink()
        # A failed unit would say so for ever.
        subprocess.run(["systemctl", "reset-failed", unit], capture_output=True, check=False)


def begin(request: dict[str, object]) -> None:
    """Makes an account and opens the door for it."""
    code, service, account, password = checked(request, "code", "service", "account", "password")
    operator, reason = checked(request, "operator", "reason")
    seconds = request.get("seconds")
    if not isinstance(seconds, int) or not 60 <= seconds <= LONGEST_S:
        raise RefusedError("bad-seconds")
    group = group_of(code, service)
    note = NOTES / f"{code}-{service}.json"
    if note.exists():
        raise RefusedError("already-open")
    now = int(time.time())
    kept = {"code": code, "service": service, "account": account, "operator": operator, "reason": reason}
    write(note, {**kept, "opened": now, "until": now + seconds}, 0o600)
    systemctl("enable", "--now", "--quiet", TIMER)
    try:
        carry_out(code, service, {"do": "make", "account": account, "password": password})
        door = {"user": account, "until": now + seconds}
        write(DOORS / f"{code}-{service}.json", door, 0o440, group)
    except BaseException as error:
        try:
            remove(kept, "not made")
        except (OSError, subprocess.SubprocessError):
            # Nobody is let in; the sweep tries again, once its time is over.
            say(f"{service} of {code}: {account} was not made, nor could it be removed")
        raise error from None
    say(f"opened {service} of {code}: {account}, {seconds} s, asked by {operator}: {reason}")


def remove(note: dict[str, object], why: str) -> None:
    """Closes the door, then removes the account."""
    code, service, account = (str(note[name]) for name in ("code", "service", "account"))
    (DOORS / f"{code}-{service}.json").unlink(missing_ok=True)
    carry_out(code, service, {"do": "remove", "account": account})
    (NOTES / f"{code}-{service}.json").unlink()
    say(f"closed {service} of {code}: {account}, {why}")


def end(request: dict[str, object]) -> None:
    """Before its time is over."""
    code, service, operator = checked(request, "code", "service", "operator")
    path = NOTES / f"{code}-{service}.json"
    if not path.exists():
        raise RefusedError("not-open")
    remove(json.loads(path.read_text(encoding="utf-8")), f"asked by {operator}")


def sweep() -> None:
    """What is over goes; what can't be removed now stays noted, its door closed, and is tried again."""
    failed = False
    for note in notes():
        if int(str(note["until"])) <= time.time():
            try:
                remove(note, "its time is over")
            except (OSError, RefusedError, subprocess.SubprocessError) as error:
                failed = True
                say(f"{note['service']} of {note['code']}: {note['account']} could not be removed: {error}")
    if not notes():
        systemctl("disable", "--now", "--quiet", TIMER)
    elif failed:
        sys.exit(1)


def main() -> None:
    """One verb at a time on a server. Exit code 1 and the key of a message on standard error when refused."""
    verb = sys.argv[1] if len(sys.argv) == 2 else ""
    NOTES.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (NOTES / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if verb == "sweep":
                sweep()
                return
            request = json.load(sys.stdin)
            {"open": begin, "end": end, "list": lambda _request: None}[verb](request)
            json.dump([{name: note[name] for name in KEPT} for note in notes()], sys.stdout)
        except (RefusedError, OSError, subprocess.SubprocessError) as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
