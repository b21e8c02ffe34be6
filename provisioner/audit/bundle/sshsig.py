"""OpenSSH signatures (`ssh-keygen -Y sign`), Ed25519 alone: PROTOCOL.sshsig of OpenSSH."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from provisioner.audit.bundle.faults import Fault, in_signed_field

ALGORITHM = b"ssh-ed25519"
BEGIN, END = b"-----BEGIN SSH SIGNATURE-----\n", b"-----END SSH SIGNATURE-----\n"
MAGIC = b"SSHSIG"
WIDTH = 70
"""Characters of a line, as ssh-keygen writes them: one signature has one text."""
HASHES = {"sha512": hashlib.sha512, "sha256": hashlib.sha256}


class SignatureError(ValueError):
    """Not a signature that counts; ``key`` names a text of the catalogue `audit-faults`."""

    def __init__(self, key: str, found: str = "") -> None:
        super().__init__(key)
        self.key = key
        self.found = found


@dataclass(frozen=True)
class Signature:
    """What a signature file holds: the signer's public key (32 bytes), what it is for, and 64 bytes."""

    public_key: bytes
    namespace: str
    hash_algorithm: str
    raw: bytes


def public_key(line: str) -> bytes:
    """The 32 bytes of `ssh-ed25519 AAAA… [comment]`.

    Raises:
        ValueError: another kind of key, or none.
    """
    words = line.split()
    if len(words) < 2 or words[0] != ALGORITHM.decode():
        raise ValueError(f"not an ssh-ed25519 key: {words[0] if words else ''}")
    return _raw_key(base64.b64decode(words[1], validate=True))


def public_keys(text: str) -> list[bytes]:
    """The keys of lines `ssh-ed25519 AAAA… [comment]`; empty lines and `#` are passed over.

    Raises:
        ValueError: a line is something else, its number first in the message; or there is no key.
    """
    return [key for _, key in _lines(text, named=False)]


def named_keys(text: str) -> dict[str, bytes]:
    """The keys of lines `NAME ssh-ed25519 AAAA… [comment]`, by name; errors as `public_keys`."""
    return dict(_lines(text, named=True))


def key_text(key: bytes) -> str:
    """`ssh-ed25519 AAAA…` of 32 bytes."""
    return f"{ALGORITHM.decode()} {base64.b64encode(_key_blob(key)).decode()}"


def fingerprint(key: bytes) -> str:
    """`SHA256:…`, as `ssh-keygen -l` shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(_key_blob(key)).digest()).rstrip(b"=").decode()


def sign(private_key: Ed25519PrivateKey, data: bytes, namespace: str) -> bytes:
    """The armoured signature of ``data``, the same as `ssh-keygen -Y sign -n NAMESPACE` makes."""
    raw = private_key.sign(_to_sign(data, namespace, "sha512"))
    return armour(Signature(private_key.public_key().public_bytes_raw(), namespace, "sha512", raw))


def verify(data: bytes, armoured: bytes, namespace: str, keys: Iterable[bytes]) -> bytes:
    """The key, one of ``keys``, that signed ``data`` for ``namespace``.

    Raises:
        SignatureError: malformed, not Ed25519, for something else, by another key, or of other data.
    """
    signature = parse(armoured)
    if signature.namespace != namespace:
        raise SignatureError("wrong-namespace", signature.namespace)
    if signature.public_key not in keys:
        raise SignatureError("unknown-key", fingerprint(signature.public_key))
    if not is_valid(signature, data):
        raise SignatureError("bad-signature")
    return signature.public_key


def is_valid(signature: Signature, data: bytes) -> bool:
    """Whether it is its key's signature of ``data``, whoever's key that is."""
    signed = _to_sign(data, signature.namespace, signature.hash_algorithm)
    return raw_is_valid(signature.public_key, signature.raw, signed)


def raw_is_valid(key: bytes, raw: bytes, signed: bytes) -> bool:
    """Whether 64 bytes are the Ed25519 signature of exactly ``signed``."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(raw, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def armour(signature: Signature) -> bytes:
    """The one text of a signature."""
    text = base64.b64encode(_blob(signature))
    lines = [text[start : start + WIDTH] for start in range(0, len(text), WIDTH)]
    return BEGIN + b"\n".join(lines) + b"\n" + END


def parse(armoured: bytes) -> Signature:
    """The signature of an armoured text, which must be exactly what ssh-keygen writes.

    Raises:
        SignatureError: malformed, or not of an Ed25519 key.
    """
    try:
        if not (armoured.startswith(BEGIN) and armoured.endswith(END)):
            raise ValueError("armour")
        blob = base64.b64decode(armoured[len(BEGIN) : -len(END)].replace(b"\n", b""), validate=True)
        signature = _parse_blob(blob)
    except (ValueError, binascii.Error, struct.error) as error:
        if isinstance(error, SignatureError):
            raise
        raise SignatureError("malformed-signature") from error
    if armour(signature) != armoured:
        raise SignatureError("malformed-signature")
    return signature


def locate(path: str, armoured: bytes, namespace: str, keys: Iterable[bytes]) -> Fault:
    """Where in a signature file that isn't valid the change is, given who signs and for what.

    The key and hash whose text is nearest to what was found are taken to be those it had.
    """

    def distance(template: bytes) -> int:
        return sum(a != b for a, b in zip(template, armoured, strict=False)) + abs(
            len(template) - len(armoured)
        )

    templates = [armour(Signature(key, namespace, name, bytes(64))) for key in keys for name in HASHES]
    template = min(templates, key=distance)
    return in_signed_field(path, template, _hole(template), armoured)


def _lines(text: str, *, named: bool) -> list[tuple[str, bytes]]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, _, rest = line.strip().partition(" ") if named else ("", "", line)
        try:
            found.append((name, public_key(rest)))
        except ValueError as error:
            raise ValueError(f"{number}: {error}") from error
    if not found:
        raise ValueError("0: no key")
    return found


def _hole(template: bytes) -> list[int]:
    """Offsets of the characters that carry the last 64 bytes of the blob, line feeds left out."""
    inside = [at for at in range(len(BEGIN), len(template) - len(END)) if template[at] not in b"\n="]
    size = len(inside) * 6 // 8
    return inside[(size - 64) * 8 // 6 :]


def _to_sign(data: bytes, namespace: str, hash_algorithm: str) -> bytes:
    digest = HASHES[hash_algorithm](data).digest()
    parts = (namespace.encode(), b"", hash_algorithm.encode(), digest)
    return MAGIC + b"".join(map(_string, parts))


def _blob(signature: Signature) -> bytes:
    parts = (
        _key_blob(signature.public_key),
        signature.namespace.encode(),
        b"",
        signature.hash_algorithm.encode(),
        _string(ALGORITHM) + _string(signature.raw),
    )
    return MAGIC + struct.pack(">I", 1) + b"".join(map(_string, parts))


def _parse_blob(blob: bytes) -> Signature:
    if blob[:10] != MAGIC + struct.pack(">I", 1):
        raise ValueError("magic or version")
    key, namespace, reserved, hash_algorithm, signature = _strings(blob[10:])
    algorithm, raw = _strings(signature)
    if algorithm != ALGORITHM or not key.startswith(_string(ALGORITHM)):
        raise SignatureError("not-ed25519", algorithm.decode("ascii", "replace"))
    if reserved or len(raw) != 64 or hash_algorithm.decode() not in HASHES:
        raise ValueError("fields")
    return Signature(_raw_key(key), namespace.decode(), hash_algorithm.decode(), raw)


def _raw_key(blob: bytes) -> bytes:
    algorithm, key = _strings(blob)
    if algorithm != ALGORITHM or len(key) != 32:
        raise ValueError("not an Ed25519 key")
    return key


def _key_blob(key: bytes) -> bytes:
    return _string(ALGORITHM) + _string(key)


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _strings(data: bytes) -> list[bytes]:
    """All of ``data`` as SSH strings, nothing left over."""
    found = []
    while data:
        (size,) = struct.unpack(">I", data[:4])
        if size > len(data) - 4:
            raise ValueError("a string longer than what holds it")
        found.append(data[4 : 4 + size])
        data = data[4 + size :]
    return found
