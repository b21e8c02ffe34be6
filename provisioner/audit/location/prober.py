"""Measures round trips from this machine to a server, over SSH, as a signed document. Not pure: it is the clock.

`measurement` says what a document holds and why. Nothing that could be done before or after a round is in it.
"""

from __future__ import annotations

import base64
import gc
import hashlib
import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from provisioner import __version__
from provisioner.audit.bundle import canonical, sshsig
from provisioner.audit.location import measurement, possession
from provisioner.errors import InvalidInputError, UnreachableError

ACCOUNT = "nuage-audit"
ROUNDS = 300
POSSESSION_ROUNDS = possession.LEAST_ROUNDS
TIMEOUT_S = 15.0
CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
SETTLED_S = 86_400
"""Files changed within a day are left out of a possession challenge, so that last night's backup has the others."""


@dataclass(frozen=True)
class Target:
    """A server to measure, for an audit: ids, where it answers, and the key that it is known by."""

    audit: str
    nonce: str
    server: str
    address: str
    port: int
    host_key: str


@dataclass(frozen=True)
class Vantage:
    """Who measures: an id of the spec, and its Ed25519 key."""

    id: str
    key: Ed25519PrivateKey


class Channel(Protocol):
    """What of an SSH channel, or of a socket, is used."""

    def sendall(self, data: bytes) -> None:
        """All of it."""

    def recv(self, size: int) -> bytes:
        """At least a byte, unless the other end hung up."""


def vantage(id_: str, key_file: Path) -> Vantage:
    """The vantage point whose private key a file has. InvalidInputError when it has none, or of another kind."""
    try:
        key = load_ssh_private_key(key_file.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        raise InvalidInputError("audit-probe.no-key", file=str(key_file)) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInputError("audit-probe.no-key", file=str(key_file))
    return Vantage(id_, key)


def measure(target: Target, point: Vantage, rounds: int = ROUNDS) -> dict[str, Any]:
    """A signed measurement document (`measurement`).

    Raises:
        UnreachableError: nobody answers there, another host key does, or the exchange broke off.
    """
    return _over_ssh(target, point, lambda channel: rtt(channel, target, point, rounds))


def possess(target: Target, point: Vantage, code: str, age_s: int = SETTLED_S) -> dict[str, Any]:
    """A signed possession document (`possession`) of a municipality, about files that are ``age_s`` old.

    Raises:
        UnreachableError: see `measure`.
    """
    return _over_ssh(target, point, lambda channel: possessed(channel, target, point, code, age_s))


def rtt(channel: Channel, target: Target, point: Vantage, rounds: int) -> dict[str, Any]:
    """The document of an exchange over a channel that leads to the responder."""
    began = _now()
    _ask(channel, {"do": "rtt", "nonce": target.nonce})
    rows = _rounds(channel, rounds, (8, 64))
    return _signed(target, point, began, measurement.FORMAT, {"rounds": rows})


def possessed(channel: Channel, target: Target, point: Vantage, code: str, age_s: int) -> dict[str, Any]:
    """The same of a possession challenge."""
    began = _now()
    told = _ask(channel, {"do": "possession", "nonce": target.nonce, "code": code, "age": age_s})
    listing = told["listing"]
    rows = _rounds(channel, POSSESSION_ROUNDS, (8, 32, 64)) if listing["blocks"] else []
    fields = {"municipality": code, "listing": listing, "rounds": rows}
    return _signed(target, point, began, possession.FORMAT, fields)


def _ask(channel: Channel, request: dict[str, Any]) -> dict[str, Any]:
    channel.sendall(json.dumps(request).encode() + b"\n")
    line = b""
    while not line.endswith(b"\n"):
        more = channel.recv(1)
        if not more or len(line) > 1000:
            raise ConnectionError("no answer")
        line += more
    told: dict[str, Any] = json.loads(line)
    return told


def _rounds(channel: Channel, rounds: int, sizes: tuple[int, ...]) -> list[list[Any]]:
    """The timed part. A reply is the server's clock, what is particular to the challenge, and a signature."""
    whole, times, previous = sum(sizes), [], b""
    nonces = [os.urandom(measurement.RANDOM_BYTES) for _ in range(rounds)]
    send, receive, clock, sha256 = channel.sendall, channel.recv, time.perf_counter_ns, hashlib.sha256
    collecting = gc.isenabled()
    gc.disable()
    try:
        for nonce in nonces:
            challenge = sha256(nonce + previous).digest()
            sent = clock()
            send(challenge)
            reply = receive(whole)
            received = clock()
            while len(reply) < whole:
                more = receive(whole - len(reply))
                if not more:
                    raise ConnectionError("the server hung up")
                reply += more
                received = clock()
            times.append((sent, received, reply))
            previous = reply[-64:]
    finally:
        if collecting:
            gc.enable()
    return [_row(*one, nonce, sizes) for one, nonce in zip(times, nonces, strict=True)]


def _row(sent: int, received: int, reply: bytes, nonce: bytes, sizes: tuple[int, ...]) -> list[Any]:
    served, *parts = (reply[sum(sizes[:n]) : sum(sizes[: n + 1])] for n in range(len(sizes)))
    texts = [base64.b64encode(part).decode() for part in (nonce, *parts)]
    return [sent, received, int.from_bytes(served, "big"), *texts]


def _signed(target: Target, point: Vantage, began: str, form: str, fields: dict[str, Any]) -> dict[str, Any]:
    document = {
        "format": form,
        "audit": target.audit,
        "nonce": target.nonce,
        "server": target.server,
        "host_key": target.host_key,
        "vantage_point": point.id,
        "began": began,
        "ended": _now(),
        "software": f"nuage-commun {__version__}",
        **fields,
    }
    signature = sshsig.sign(point.key, canonical.dumps(document), measurement.NAMESPACE)
    return document | {"signature": signature.decode()}


def _over_ssh(
    target: Target, point: Vantage, exchange: Callable[[paramiko.Channel], dict[str, Any]]
) -> dict[str, Any]:
    try:
        with socket.create_connection((target.address, target.port), TIMEOUT_S) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            transport = paramiko.Transport(connection)
            try:
                return exchange(_channel(transport, target, point))
            finally:
                transport.close()
    except (OSError, EOFError, ValueError, KeyError, paramiko.SSHException) as error:
        raise UnreachableError(
            "audit-probe.unreachable",
            subject=target.server,
            address=target.address,
            port=target.port,
            reason=str(error) or type(error).__name__,
        ) from None


def _channel(transport: paramiko.Transport, target: Target, point: Vantage) -> paramiko.Channel:
    """A channel to the responder behind the pinned key, and behind no other."""
    options = transport.get_security_options()
    options.key_types = (measurement.ED25519,)
    options.ciphers = CIPHERS
    transport.start_client(timeout=TIMEOUT_S)
    found = transport.get_remote_server_key()
    if f"{found.get_name()} {found.get_base64()}" != target.host_key:
        raise UnreachableError("audit-probe.host-key", subject=target.server, address=target.address)
    transport.auth_publickey(ACCOUNT, _paramiko_key(point.key))
    channel = transport.open_session(timeout=TIMEOUT_S)
    channel.settimeout(TIMEOUT_S)
    channel.exec_command("audit")
    return channel


def _paramiko_key(key: Ed25519PrivateKey) -> paramiko.Ed25519Key:
    from io import StringIO

    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    text = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    return paramiko.Ed25519Key.from_private_key(StringIO(text))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
