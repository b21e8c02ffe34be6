"""The control machine's own way to a server's programs, for what is too large for Ansible's answers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from provisioner.errors import NuageError, PartialFailureError, UnreachableError
from provisioner.spec.consortium import Server

PROGRAM = "/usr/local/lib/nuage/export"
BUFFER = 4 << 20


class Link:
    """SSH to one server, whose host key is the inventory's."""

    def __init__(self, server: Server, known_hosts: Path, private_key: Path | None) -> None:
        identity = ["-i", str(private_key)] if private_key else []
        options = (
            f"UserKnownHostsFile={known_hosts.resolve()}",
            "GlobalKnownHostsFile=/dev/null",
            "StrictHostKeyChecking=yes",
            "BatchMode=yes",
            "ConnectTimeout=20",
            # A server that is gone in the middle is known after a minute.
            "ServerAliveInterval=15",
            "ServerAliveCountMax=4",
            "LogLevel=ERROR",
            # Hardware has this one on any server of today; it halves what a large export costs.
            "Ciphers=^aes128-gcm@openssh.com",
        )
        self.server = server
        self._ssh = ["ssh", *identity, "-p", str(server.ssh_port)]
        self._ssh += [word for option in options for word in ("-o", option)]
        self._ssh.append(f"{server.ssh_user}@{server.address}")

    def open(self, verb: str, name: str) -> subprocess.Popen[bytes]:
        """The server's program, whose input and output are pipes."""
        words = [] if self.server.ssh_user == "root" else ["sudo", "-n"]
        words += ["/usr/bin/python3", "-I", PROGRAM, verb, name]
        return subprocess.Popen(
            [*self._ssh, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=BUFFER,
        )

    def lines(self, verb: str, name: str) -> Iterator[dict[str, Any]]:
        """What the program prints, a JSON object a line.

        Raises:
            NuageError: the server doesn't answer, or the program said no.
        """
        done = self.open(verb, name)
        output, errors = done.communicate()
        judge(done.returncode, errors, name)
        yield from map(json.loads, output.splitlines())


def judge(code: int | None, errors: bytes, name: str) -> None:
    """Say why a program on a server ended.

    Raises:
        NuageError: it wasn't well.
    """
    if code == 0:
        return
    said = errors.decode(errors="replace").strip()
    if code == 255:
        # SSH's own.
        raise UnreachableError("export.cut", subject=name, host=name, detail=said[-500:])
    key, detail = _said(said.splitlines())
    if key:
        raise PartialFailureError(key, subject=name, host=name, detail=detail)
    raise NuageError("export.failed", subject=name, host=name, detail=said[-1500:] or f"exit code {code}")


def _said(lines: Sequence[str]) -> tuple[str, str]:
    try:
        failure = json.loads(lines[-1])
        key = str(failure["key"])
        return key if key in KNOWN else "export.failed", str(failure["detail"])
    except (IndexError, ValueError, KeyError, TypeError):
        return "", ""


KNOWN = frozenset({"export.busy", "export.failed", "export.gone"})
"""What the program may say to one that fetches."""


def pour(stream: IO[bytes], data: bytes) -> None:
    """Give a program its whole input."""
    try:
        stream.write(data)
        stream.close()
    except BrokenPipeError:
        # It ended before, and says why elsewhere.
        pass
