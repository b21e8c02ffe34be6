"""Signed checkpoints of the audits' log: C2SP's signed notes, checkpoints and cosignatures, Ed25519 alone."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioner.audit.bundle.faults import Fault, in_signed_field
from provisioner.audit.bundle.sshsig import SignatureError, fingerprint, raw_is_valid

_SIGNATURE, _COSIGNATURE = 1, 4
"""Kinds of keys of C2SP's signed notes: Ed25519 over the note, and cosignatures with a time."""
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})\n")


@dataclass(frozen=True)
class Checkpoint:
    """The state of a log: whose, how many leaves, and their root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def body(self) -> bytes:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()


@dataclass(frozen=True)
class Cosignature:
    """That a body saw a checkpoint at ``time`` (seconds since 1970) and that the log only grew until then."""

    name: str
    time: int


def signed(checkpoint: Checkpoint, private_key: Ed25519PrivateKey) -> bytes:
    """The checkpoint as a signed note; the key's name in it is the log's origin."""
    key = private_key.public_key().public_bytes_raw()
    blob = _key_hash(checkpoint.origin, _SIGNATURE, key) + private_key.sign(checkpoint.body())
    return checkpoint.body() + b"\n" + _line(checkpoint.origin, blob)


def parse(note: bytes) -> Checkpoint:
    """What a note says, whoever signed it.

    Raises:
        SignatureError: it isn't one checkpoint with one signature.
    """
    return _parts(note)[0]


def verify(note: bytes, keys: Iterable[bytes]) -> Checkpoint:
    """The checkpoint of a note that one of ``keys`` signed.

    Raises:
        SignatureError: it isn't, or isn't written exactly as `signed` writes it.
    """
    checkpoint, blob = _parts(note)
    for key in keys:
        if blob[:4] == _key_hash(checkpoint.origin, _SIGNATURE, key):
            if not raw_is_valid(key, blob[4:], checkpoint.body()):
                raise SignatureError("bad-signature")
            return checkpoint
    raise SignatureError("unknown-key", blob[:4].hex())


def cosigned(checkpoint: Checkpoint, name: str, time: int, private_key: Ed25519PrivateKey) -> bytes:
    """The line by which ``name`` cosigns a checkpoint."""
    key = private_key.public_key().public_bytes_raw()
    stamp = struct.pack(">Q", time)
    raw = private_key.sign(_cosigned_text(checkpoint, time))
    return _line(name, _key_hash(name, _COSIGNATURE, key) + stamp + raw)


def verify_cosignature(line: bytes, checkpoint: Checkpoint, keys: Mapping[str, bytes]) -> Cosignature:
    """Who cosigned ``checkpoint``, and when; ``keys`` by name.

    Raises:
        SignatureError: malformed, by an unknown name, or of another checkpoint.
    """
    name, blob = _parsed(line)
    key = keys.get(name)
    if key is None or len(blob) != 76 or blob[:4] != _key_hash(name, _COSIGNATURE, key):
        raise SignatureError("unknown-key", name)
    (time,) = struct.unpack(">Q", blob[4:12])
    if not raw_is_valid(key, blob[12:], _cosigned_text(checkpoint, time)):
        raise SignatureError("bad-signature", fingerprint(key))
    return Cosignature(name, time)


def locate_in_cosignature(path: str, line: bytes, name: str, key: bytes) -> Fault:
    """Where a cosignature that doesn't count was changed, if it was ``name``'s."""
    template = _line(name, _key_hash(name, _COSIGNATURE, key) + bytes(72))
    start = len(f"— {name} ".encode()) + 5
    return in_signed_field(path, template, range(start, template.index(b"=")), line)


def _cosigned_text(checkpoint: Checkpoint, time: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % time + checkpoint.body()


def _parts(note: bytes) -> tuple[Checkpoint, bytes]:
    body, _, line = note.partition(b"\n\n")
    try:
        origin, size, encoded = body.decode().split("\n")
        checkpoint = Checkpoint(origin, int(size), base64.b64decode(encoded, validate=True))
    except ValueError as error:
        raise SignatureError("malformed-checkpoint") from error
    name, blob = _parsed(line)
    well = name == origin and len(checkpoint.root) == 32 and len(blob) == 68 and checkpoint.size > 0
    if not well or checkpoint.body() != body + b"\n":
        raise SignatureError("malformed-checkpoint")
    return checkpoint, blob


def _parsed(line: bytes) -> tuple[str, bytes]:
    match = _LINE.fullmatch(line.decode("utf-8", "replace"))
    try:
        name, blob = (match[1], base64.b64decode(match[2])) if match else ("", b"")
    except ValueError:
        name, blob = "", b""
    if match is None or _line(name, blob) != line:
        raise SignatureError("malformed-signature")
    return name, blob


def _line(name: str, blob: bytes) -> bytes:
    return f"— {name} {base64.b64encode(blob).decode()}\n".encode()


def _key_hash(name: str, kind: int, key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]
