"""The ops team's own way to two servers, over one SSH connection each; and from one to the other, through this machine.

Neither server gets any right on the other, and no word of a command comes from outside a short alphabet.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from provisioner.errors import NuageError, PartialFailureError, UnreachableError
from provisioner.spec.consortium import Server

PROGRAM = ("/usr/bin/python3", "-I", "/usr/local/lib/nuage/backup", "move")
PIECE = 1 << 20
UNREACHABLE = 255
"""What ssh itself ends with."""
WORD = re.compile(r"[A-Za-z0-9.,:=_/-]*")
LONGEST_S = 8 * 3600

KNOWN = frozenset(
    {
        "backup.busy",
        "backup.database-failed",
        "backup.restore-failed",
        "backup.snapshot-failed",
        "backup.upgrading",
        "moving.differs",
        "moving.door-failed",
        "moving.no-answer",
        "moving.no-btrfs",
        "moving.not-closed",
        "moving.not-started",
        "moving.restoring",
    }
)
"""What a server's program may say."""

Progress = Callable[[int], None]


class Door:
    """One server."""

    def __init__(self, server: Server, known_hosts: Path, private_key: Path | None) -> None:
        self.server = server
        self._folder = tempfile.TemporaryDirectory(prefix="nuage-ssh-")
        options = (
            f"UserKnownHostsFile={known_hosts.resolve()}",
            "GlobalKnownHostsFile=/dev/null",
            "StrictHostKeyChecking=yes",
            "BatchMode=yes",
            "ConnectTimeout=20",
            "ServerAliveInterval=15",
            "ServerAliveCountMax=4",
            "LogLevel=ERROR",
            "ControlMaster=auto",
            f"ControlPath={self._folder.name}/door",
            "ControlPersist=60",
        )
        self._ssh = ["ssh", *(["-i", str(private_key)] if private_key else []), "-p", str(server.ssh_port)]
        self._ssh += [word for option in options for word in ("-o", option)]
        self._ssh.append(f"{server.ssh_user}@{server.address}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        subprocess.run([*self._ssh[:-1], "-O", "exit", self._ssh[-1]], capture_output=True, check=False)
        self._folder.cleanup()

    def command(self, verb: str, host: str, **words: object) -> list[str]:
        """The command line of one step."""
        said = [verb, host, *(f"{name}={value}" for name, value in words.items())]
        if not all(WORD.fullmatch(word) for word in said):
            raise ValueError(said)
        become = () if self.server.ssh_user == "root" else ("sudo", "-n")
        return [*self._ssh, shlex.join([*become, *PROGRAM, *said])]

    def ask(self, verb: str, host: str, given: str = "", /, **words: object) -> dict[str, Any]:
        """What one step says of itself; ``given`` goes to its standard input.

        Raises:
            NuageError: the server doesn't answer, or the step failed, and why.
        """
        done = subprocess.run(
            self.command(verb, host, **words),
            input=given.encode(),
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
        )
        if done.returncode != 0:
            raise self.failure(host, done.returncode, done.stderr)
        return dict(json.loads(done.stdout))

    def failure(self, host: str, code: int, said: bytes) -> NuageError:
        """What a step's last words mean."""
        text = said.decode(errors="replace").strip()
        context: dict[str, Any] = {"host": host, "server": self.server.id}
        if code == UNREACHABLE:
            return UnreachableError(
                "moving.unreachable", subject=self.server.id, detail=text[-500:], **context
            )
        try:
            told = json.loads(text.splitlines()[-1])
            key, detail = str(told["key"]), str(told["detail"])
        except (IndexError, ValueError, KeyError, TypeError):
            key, detail = "moving.failed", text[-1500:]
        if key not in KNOWN:
            key = "moving.failed"
        if "can't open file" in text or "no verb move" in text:
            key = "moving.no-program"
        return PartialFailureError(key, subject=host, detail=detail, **context)


@dataclass(frozen=True)
class Carried:
    """What one step of the source writes, into one of the target; both are told the same words, and each its own."""

    host: str
    give: str
    take: str
    words: Mapping[str, object]
    given: Mapping[str, object] = field(default_factory=dict)


def carry(source: Door, target: Door, what: Carried, progress: Progress) -> int:
    """Through this machine; how many bytes that was.

    Raises:
        NuageError: either of them failed; what half of it left is cleared away by the next try.
    """
    with tempfile.TemporaryFile() as out_says, tempfile.TemporaryFile() as in_says:
        giving = subprocess.Popen(
            source.command(what.give, what.host, **{**what.words, **what.given}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=out_says,
        )
        taking = subprocess.Popen(
            target.command(what.take, what.host, **what.words),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=in_says,
        )
        try:
            total = _pump(giving, taking, progress)
        finally:
            if giving.poll() is None:
                giving.kill()
            if giving.wait() != 0:
                # Half of it is never taken for the whole.
                taking.kill()
            took = taking.wait(LONGEST_S)
        for door, code, says in ((target, took, in_says), (source, giving.returncode, out_says)):
            if code not in (0, -9):
                says.seek(0)
                raise door.failure(what.host, code, says.read())
        if giving.returncode or took:
            context: dict[str, Any] = {"host": what.host, "server": target.server.id}
            raise PartialFailureError("moving.failed", subject=what.host, detail="ssh", **context)
    return total


def _pump(giving: subprocess.Popen[bytes], taking: subprocess.Popen[bytes], progress: Progress) -> int:
    """All that one gives, to the other, who learns that this was all only where the first ended well."""
    total = 0
    out, into = giving.stdout, taking.stdin
    if out is None or into is None:
        return 0
    try:
        while piece := out.read(PIECE):
            into.write(piece)
            total += len(piece)
            progress(total)
        if giving.wait(LONGEST_S) == 0:
            into.close()
    except BrokenPipeError:
        # Its own words say why.
        taking.wait(LONGEST_S)
    return total
