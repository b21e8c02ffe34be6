"""in-toto Statements (v1) in DSSE envelopes: which files are meant, their hashes, and what locates a changed byte."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from operator import mul
from typing import Any

from provisioner.audit.bundle import canonical
from provisioner.audit.bundle.sshsig import fingerprint

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
PREDICATE_TYPE = "https://nuage-commun.example/audit/{}/v1"
SIGNATURE_SIZE = 86
"""Characters of base64 that carry 64 bytes; two `=` follow."""


def build(name: str, audit: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """The statement ``name`` about ``files``, bound to an audit (`id` and `nonce`)."""
    bound = {"audit": audit["id"], "nonce": audit["nonce"]}
    digests = {path: _sha256(data) for path, data in files.items()}
    return of(name, bound, digests, {path: sums(data) for path, data in files.items()})


def of(
    name: str, bound: Mapping[str, Any], digests: Mapping[str, str], all_sums: Mapping[str, list[int]]
) -> bytes:
    """The one text of a statement: its subjects sorted, and sums for each of them."""
    predicate = {
        "audit": bound["audit"],
        "nonce": bound["nonce"],
        "sums": {path: [int(number) for number in all_sums[path]] for path in digests},
    }
    return canonical.dumps(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": path, "digest": {"sha256": digests[path]}} for path in sorted(digests)],
            "predicateType": PREDICATE_TYPE.format(name),
            "predicate": predicate,
        }
    )


def sums(data: bytes) -> list[int]:
    """Size, sum of the bytes, and sum of each byte times its place (counted from 1)."""
    return [len(data), sum(data), sum(map(mul, data, range(1, len(data) + 1)))]


def undone(data: bytes, sha256: str, expected: list[int]) -> tuple[int, bytes] | None:
    """Where exactly one byte of ``data`` was changed, and the data without the change; None if that isn't all.

    A change by d at place i moves the first sum by d and the second by i*d; the hash confirms it.
    """
    size, plain, weighted = sums(data)
    change, moved = plain - expected[1], weighted - expected[2]
    if size != expected[0] or change == 0 or moved % change:
        return None
    offset = moved // change - 1
    if not 0 <= offset < size or not 0 <= data[offset] - change <= 255:
        return None
    mended = data[:offset] + bytes([data[offset] - change]) + data[offset + 1 :]
    return (offset, mended) if _sha256(mended) == sha256 else None


def subjects(statement: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 by path."""
    return {str(item["name"]): str(item["digest"]["sha256"]) for item in statement["subject"]}


def to_sign(payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what the envelope's signature is of."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def envelope(payload: bytes, key: bytes, raw: bytes) -> bytes:
    """A DSSE envelope with one signature (64 bytes) of one key (32 bytes), as canonical JSON."""
    signature = {"keyid": fingerprint(key), "sig": base64.b64encode(raw).decode()}
    return canonical.dumps(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [signature],
        }
    )


def opened(data: bytes) -> tuple[bytes, str, bytes]:
    """Payload, key id and signature of an envelope, which must be exactly as `envelope` writes it.

    Raises:
        ValueError: it isn't.
    """
    try:
        value = canonical.loads(data)
        (signature,) = value["signatures"]
        payload = base64.b64decode(value["payload"], validate=True)
        raw = base64.b64decode(signature["sig"], validate=True)
        again = {**value, "payload": base64.b64encode(payload).decode(), "payloadType": PAYLOAD_TYPE}
        again["signatures"] = [{"keyid": signature["keyid"], "sig": base64.b64encode(raw).decode()}]
        if canonical.dumps(again) != data:
            raise ValueError("not canonical")
        return payload, str(signature["keyid"]), raw
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError("not a DSSE envelope") from error


def hole(data: bytes) -> list[int]:
    """Offsets of the signature's characters in an envelope that `envelope` wrote."""
    start = data.rindex(b'"sig":"') + len(b'"sig":"')
    return list(range(start, start + SIGNATURE_SIZE))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
