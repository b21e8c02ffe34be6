"""Round trips from a vantage point to a server, as a document, and what may be believed of it. Pure.

Both ends measure the same distance. Each round's challenge is a hash of a fresh nonce and of the reply before, and
the server signs it together with its own clock: the vantage point can't ask before it was answered, the server
can't answer before it was asked. So the shortest round by the vantage point's clock and the shortest interval by
the server's are both at least the true round trip; the longer of them is used, and shortening it takes two liars.

    {"format", "audit", "nonce", "server", "host_key", "vantage_point", "began", "ended", "software",
     "rounds": [[sent, received, served, random, signature], ...], "signature"}

``sent`` and ``received`` are nanoseconds of the vantage point's monotonic clock, ``served`` of the server's;
``random`` (32 bytes) and ``signature`` (64) are in base64. The last ``signature`` is the vantage point's, over
the canonical JSON of the rest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from provisioner.audit.bundle import canonical, sshsig

FORMAT = "nuage-measurement/1"
NAMESPACE = "nuage-measurement"
"""Of the vantage point's signature."""
ROUND_NAMESPACE = "nuage-rtt"
"""Of the server's: nothing else that its host key signs looks like it."""
ED25519 = "ssh-ed25519"
HASH = "sha512"
"""What SSHSIG hashes a message with."""
LEAST_ROUNDS = 200
RANDOM_BYTES = 32
LONGEST_NS = 60 * 10**9
CLOCK_SHARE = 0.01
"""By how much the two ends' clocks may disagree on how long the whole took."""
CLOCK_NS = 5 * 10**6


class RefusedMeasurementError(Exception):
    """A measurement that proves nothing. ``reason`` is a catalogue key."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Round:
    """One round; times in nanoseconds."""

    sent: int
    received: int
    served: int
    challenge: bytes
    signature: bytes
    rest: tuple[bytes, ...] = ()
    """What a possession round carries besides (`possession`)."""


@dataclass(frozen=True)
class Measured:
    """A measurement that holds: from where, how long, and from how many rounds."""

    vantage_point: Mapping[str, Any]
    round_trip_ms: float
    rounds: int


def read(document: Mapping[str, Any], server: Mapping[str, Any], expected: Mapping[str, Any]) -> Measured:
    """What a document says that holds. ``server`` is its spec; ``expected`` has ``audit``, ``nonce`` and
    ``vantage_points``.

    Raises:
        RefusedMeasurementError: it proves nothing, and why.
    """
    point = checked(document, server, expected, FORMAT)
    try:
        rounds = chained(document["rounds"])
        if len(rounds) < LEAST_ROUNDS:
            raise RefusedMeasurementError("audit-location.few-rounds")
        key = sshsig.public_key(server["ssh_host_key"])
        verify_rounds(rounds, key, ROUND_NAMESPACE, bytes.fromhex(expected["nonce"]))
        plausible(rounds, document)
    except (KeyError, TypeError, ValueError, binascii.Error, OverflowError):
        raise RefusedMeasurementError("audit-location.malformed") from None
    return Measured(point, shortest_ns(rounds) / 1e6, len(rounds))


def checked(
    document: Mapping[str, Any], server: Mapping[str, Any], expected: Mapping[str, Any], form: str
) -> Mapping[str, Any]:
    """The vantage point of a document that is of this audit, of this server and its pinned key, and signed."""
    if document.get("format") != form:
        raise RefusedMeasurementError("audit-location.malformed")
    if (document.get("audit"), document.get("nonce")) != (expected["audit"], expected["nonce"]):
        raise RefusedMeasurementError("audit-location.other-audit")
    if document.get("server") != server["id"]:
        raise RefusedMeasurementError("audit-location.other-server")
    if not server["ssh_host_key"].startswith(ED25519 + " "):
        raise RefusedMeasurementError("audit-location.not-ed25519")
    if document.get("host_key") != server["ssh_host_key"]:
        raise RefusedMeasurementError("audit-location.other-host-key")
    named = document.get("vantage_point")
    point: Mapping[str, Any] | None = next((p for p in expected["vantage_points"] if p["id"] == named), None)
    if point is None:
        raise RefusedMeasurementError("audit-location.unknown-vantage-point")
    signed = {name: value for name, value in document.items() if name != "signature"}
    try:
        key = sshsig.public_key(point["public_key"])
        sshsig.verify(canonical.dumps(signed), str(document["signature"]).encode(), NAMESPACE, [key])
    except (KeyError, TypeError, ValueError):
        raise RefusedMeasurementError("audit-location.vantage-signature") from None
    return point


def chained(rows: Sequence[Sequence[Any]]) -> list[Round]:
    """The rounds, each challenge derived from its nonce and the reply before. Nonces may not repeat."""
    rounds: list[Round] = []
    seen: set[bytes] = set()
    previous = b""
    for sent, received, served, random, *rest in rows:
        nonce, *parts = (base64.b64decode(part, validate=True) for part in (random, *rest))
        if not all(type(time) is int for time in (sent, received, served)) or len(nonce) != RANDOM_BYTES:
            raise ValueError("round")
        if nonce in seen:
            raise RefusedMeasurementError("audit-location.nonce-again")
        seen.add(nonce)
        previous_signature, previous = previous, parts[-1]
        made = challenge(nonce, previous_signature)
        rounds.append(Round(sent, received, served, made, parts[-1], tuple(parts[:-1])))
    return rounds


def challenge(random: bytes, previous_signature: bytes) -> bytes:
    """What the server is asked: known to nobody before the round, nor to the asker before the last reply."""
    return hashlib.sha256(random + previous_signature).digest()


def message(audit_nonce: bytes, one: Round, number: int) -> bytes:
    """What the server signs of one round."""
    fields = (audit_nonce, one.challenge, number.to_bytes(8, "big"), one.served.to_bytes(8, "big"), *one.rest)
    return b"".join(fields)


def verify_rounds(rounds: Sequence[Round], key: bytes, namespace: str, audit_nonce: bytes) -> None:
    """Every reply was signed by the key, for this audit, in this order, and none was left out."""
    for number, one in enumerate(rounds):
        signature = sshsig.Signature(key, namespace, HASH, one.signature)
        if not sshsig.is_valid(signature, message(audit_nonce, one, number)):
            raise RefusedMeasurementError("audit-location.reply-signature")


def plausible(rounds: Sequence[Round], document: Mapping[str, Any]) -> None:
    """Both clocks run forward, and agree with each other and with the calendar on how long it all took."""
    times = [time for one in rounds for time in (one.sent, one.received)]
    served = [one.served for one in rounds]
    if times != sorted(times) or served != sorted(served):
        raise RefusedMeasurementError("audit-location.clock")
    if any(not 0 < one.received - one.sent < LONGEST_NS for one in rounds):
        raise RefusedMeasurementError("audit-location.clock")
    # From the middle of the first round to the middle of the last, as near as the vantage point can say.
    first, last = rounds[0], rounds[-1]
    span = (last.sent + last.received - first.sent - first.received) / 2
    slack = (first.received - first.sent + last.received - last.sent) / 2 + CLOCK_NS
    between = last.served - first.served
    if abs(span - between) > slack + CLOCK_SHARE * max(span, between):
        raise RefusedMeasurementError("audit-location.clock")
    wall = (moment(document["ended"]) - moment(document["began"])).total_seconds()
    whole = (last.received - first.sent) / 1e9
    if wall < whole - 2 - CLOCK_SHARE * whole:
        raise RefusedMeasurementError("audit-location.clock")


def shortest_ns(rounds: Sequence[Round]) -> int:
    """The shortest round by the vantage point's clock, or by the server's if that is longer."""
    asked = min(one.received - one.sent for one in rounds)
    answered = min(later.served - one.served for one, later in pairwise(rounds))
    return max(asked, answered)


def moment(text: str) -> datetime:
    """A time of the calendar, such as 2026-11-24T23:18:00Z."""
    if not text.endswith("Z"):
        raise ValueError("not in UTC")
    return datetime.fromisoformat(text[:-1] + "+00:00")
