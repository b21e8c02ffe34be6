"""The lab's mail relay: takes every message that its hosts send, and hands it to nobody. `messages` reads what came.

aiosmtpd listens on the bridge's address and keeps a Maildir, which outlives a restart of the lab and not its end.
"""

from __future__ import annotations

import mailbox
import sys
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from provisioner.lab import processes
from provisioner.lab.state import LabState, Paths

PORT = 25


def folder(paths: Paths) -> Path:
    """The Maildir of all that was sent."""
    return paths.service("mail") / "sent"


def messages(paths: Paths) -> list[EmailMessage]:
    """What was sent so far, oldest first."""
    parser = BytesParser(policy=policy.default)
    found = sorted(folder(paths).glob("*/[0-9]*"), key=lambda path: path.stat().st_mtime_ns)
    return [
        message for path in found if isinstance(message := parser.parsebytes(path.read_bytes()), EmailMessage)
    ]


def start(paths: Paths, lab: LabState) -> None:
    """Start the relay."""
    place = paths.service("mail")
    if processes.alive(place / "pid"):
        return
    place.mkdir(mode=0o700, exist_ok=True)
    mailbox.Maildir(folder(paths), create=True)
    command = [sys.executable, "-m", "aiosmtpd", "--nosetuid", "--size", str(20 * 1024 * 1024)]
    command += [
        "--class",
        "aiosmtpd.handlers.Mailbox",
        "--listen",
        f"{lab.gateway}:{PORT}",
        str(folder(paths)),
    ]
    processes.start(command, place / "pid", place / "output.log")
    processes.wait_listening("aiosmtpd", str(lab.gateway), PORT, place / "pid", place / "output.log")


def stop(paths: Paths) -> None:
    """Stop the relay."""
    processes.stop(paths.service("mail") / "pid")
