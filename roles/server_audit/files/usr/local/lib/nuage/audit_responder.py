#!/usr/bin/python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers vantage points: a signature by the SSH host key for each challenge, as fast as this machine can.

systemd starts it for the first call and hands it the socket; it ends when nobody called for a while. `audit_call.py`,
which sshd runs for a vantage point, hands over its own input and output: a challenge goes from sshd straight to here.
It signs SSHSIG blobs of two namespaces alone, so that no signature of an SSH exchange can be had from it, and of a
municipality's data it gives HMACs alone. provisioner/audit/location says what is signed; its tests run this file.
"""

from __future__ import annotations

import array
import bisect
import contextlib
import gc
import hashlib
import hmac
import json
import os
import re
import signal
import socket
import stat
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

TENANTS = "/srv/tenants"
BLOCK = 4096
CHALLENGE = 32
MOST_ROUNDS = 2000
MOST_FILES = 1_000_000
SESSION_S = 120
IDLE_S = 300
REST_S = 0.5
"""Between two calls: with the bounds of one, how much can be had of the key in a day."""
NAMESPACES = {"rtt": b"nuage-rtt", "possession": b"nuage-possession"}
CODE = re.compile(r"[0-9]{5}")
NONCE = re.compile(r"[0-9a-f]{64}")
OLDEST_S = 366 * 86400


class RefusedError(Exception):
    """What was asked is not given; ``str()`` says why, in a word."""


class Listing:
    """A municipality's files that nobody changed lately, in the order of their names, as one row of blocks."""

    def __init__(self, code: str, age: int) -> None:
        self.root = f"{TENANTS}/t{code}"
        self.before = int(time.time()) - age
        self.paths: list[str] = []
        self.ends = array.array("Q")
        self.bytes = 0
        digest = hashlib.sha256()
        for path, size in _files(self.root, "", self.before):
            if len(self.paths) == MOST_FILES:
                break
            self.paths.append(path)
            self.ends.append((self.ends[-1] if self.ends else 0) + -(-size // BLOCK))
            self.bytes += size
            digest.update(b"%d %s\0" % (size, os.fsencode(path)))
        self.digest = digest.hexdigest()

    def document(self) -> dict[str, int | str]:
        """What is signed of it. The digest tells who has the same files that they are the same; no name leaves."""
        return {
            "before": self.before,
            "blocks": self.ends[-1] if self.ends else 0,
            "bytes": self.bytes,
            "digest": self.digest,
            "files": len(self.paths),
        }

    def block(self, number: int) -> bytes:
        """One block of the row; what is left of it where the file changed meanwhile."""
        file = bisect.bisect_right(self.ends, number)
        first = self.ends[file - 1] if file else 0
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            handle = os.open(f"{self.root}/{self.paths[file]}", flags)
        except OSError:
            return b""
        try:
            return os.pread(handle, BLOCK, (number - first) * BLOCK)
        except OSError:
            return b""
        finally:
            os.close(handle)


def _files(root: str, under: str, before: int) -> Iterator[tuple[str, int]]:
    try:
        with os.scandir(f"{root}/{under}") as found:
            entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
    except OSError:
        return
    for entry in entries:
        path = f"{under}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _files(root, f"{path}/", before)
        elif entry.is_file(follow_symlinks=False):
            with contextlib.suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                if status.st_mtime < before and status.st_size:
                    yield path, status.st_size


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def answer(key: Ed25519PrivateKey, source: int, sink: int) -> None:
    """One call, from its first line to its end."""
    request = _request(source)
    what, nonce = request["do"], bytes.fromhex(request["nonce"])
    listing = Listing(request["code"], request["age"]) if what == "possession" else None
    told = {"listing": listing.document()} if listing else {}
    os.write(sink, json.dumps(told, sort_keys=True, separators=(",", ":")).encode() + b"\n")
    start = b"SSHSIG" + b"".join(map(_string, (NAMESPACES[what], b"", b"sha512"))) + struct.pack(">I", 64)
    blocks, last = 0, b""
    if listing:
        blocks = int(listing.document()["blocks"])
        named = {"listing": listing.document(), "municipality": request["code"]}
        text = json.dumps(named, sort_keys=True, separators=(",", ":")) + "\n"
        last = hashlib.sha256(text.encode()).digest()
    # The way from a question to its answer is charged as distance: nothing that could be done before is in it.
    read, write, sign, sha512, clock = os.read, os.write, key.sign, hashlib.sha512, time.perf_counter_ns
    for number in range(MOST_ROUNDS):
        challenge = read(source, CHALLENGE)
        served = clock().to_bytes(8, "big")
        if len(challenge) != CHALLENGE:
            return
        proof = b""
        if listing and blocks:
            chosen = int.from_bytes(hashlib.sha256(b"block" + challenge).digest()[:8], "big") % blocks
            proof = hmac.digest(challenge, listing.block(chosen), "sha256")
        message = nonce + challenge + number.to_bytes(8, "big") + served + proof + last
        write(sink, served + proof + sign(start + sha512(message).digest()))


def _request(source: int) -> dict:
    line = b""
    while not line.endswith(b"\n"):
        more = os.read(source, 1)
        if not more or len(line) > 300:
            raise RefusedError("request")
        line += more
    try:
        request = json.loads(line)
        if request["do"] not in NAMESPACES or not NONCE.fullmatch(request["nonce"]):
            raise RefusedError("request")
        if request["do"] == "possession":
            age = request["age"]
            if not CODE.fullmatch(request["code"]) or type(age) is not int or not 0 <= age <= OLDEST_S:
                raise RefusedError("request")
    except (ValueError, KeyError, TypeError):
        raise RefusedError("request") from None
    return request


def call(key: Ed25519PrivateKey, connection: socket.socket) -> None:
    """What one `audit_call.py` brought: a pipe to read from and one to write to, and nothing else."""
    _, handles, *_ = socket.recv_fds(connection, 1, 2)
    try:
        if len(handles) != 2:
            return
        for handle in handles:
            mode = os.fstat(handle).st_mode
            if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
                return
            os.set_blocking(handle, True)
        answer(key, *handles)
    finally:
        for handle in handles:
            os.close(handle)


def _late(_number: int, _frame: object) -> None:
    raise TimeoutError


def serve(key: Ed25519PrivateKey, listener: socket.socket) -> None:
    """One call after another, until none comes."""
    signal.signal(signal.SIGALRM, _late)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    listener.settimeout(IDLE_S)
    gc.disable()
    while True:
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            return
        # One alarm for the whole of a call costs its rounds nothing.
        with connection, contextlib.suppress(OSError, RefusedError):
            try:
                signal.alarm(SESSION_S)
                call(key, connection)
            finally:
                signal.alarm(0)
        gc.collect()
        time.sleep(REST_S)


def main() -> None:
    """systemd's credential is the host key, its first socket the one that calls come by."""
    key = load_ssh_private_key(Path(os.environ["CREDENTIALS_DIRECTORY"], "host_key").read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        sys.exit("the host key isn't an Ed25519 one")
    serve(key, socket.socket(fileno=3))


if __name__ == "__main__":
    main()
