"""A server and vantage points that exist on paper: true keys and signatures, and times that physics allows."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import provisioner.audit.location
from provisioner.audit.bundle import canonical, sshsig
from provisioner.audit.location import boundary, measurement, possession
from provisioner.audit.location.geodesy import distance

DATA = Path(provisioner.audit.location.__file__).parent / "data"
INNER = json.loads((DATA / "quebec-inner.json").read_text(encoding="utf-8"))
OUTER = json.loads((DATA / "quebec-outer.json").read_text(encoding="utf-8"))
REGIONS = (boundary.read(INNER), boundary.read(OUTER))
SHERBROOKE = (45.4, -71.9)
HOST_KEY = Ed25519PrivateKey.from_private_bytes(b"h" * 32)
POINT_KEY = Ed25519PrivateKey.from_private_bytes(b"p" * 32)
AUDIT = {"id": "a" * 32, "nonce": "0b" * 32}
BEGAN = datetime(2026, 11, 24, 23, 0, 0, tzinfo=UTC)

Rest = Callable[[bytes], tuple[bytes, ...]]


def public(key: Ed25519PrivateKey) -> str:
    """As OpenSSH writes it."""
    return sshsig.key_text(key.public_key().public_bytes_raw())


def light_ms(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The least time there and back."""
    return 2 * distance(*one, *other) / 299.792458


def consortium(*points: Mapping[str, Any], site: tuple[float, float] = SHERBROOKE) -> dict[str, Any]:
    """The part of a spec that is judged."""
    return {
        "servers": [{"id": "srv1", "site": "s", "ssh_host_key": public(HOST_KEY)}],
        "sites": [{"id": "s", "latitude": site[0], "longitude": site[1]}],
        "audit": {"vantage_points": list(points)},
    }


def point(at: tuple[float, float] = SHERBROOKE, *, id_: str = "ici", error_m: float = 0.0) -> dict[str, Any]:
    """A vantage point of the spec."""
    return {
        "id": id_,
        "latitude": at[0],
        "longitude": at[1],
        "position_error_m": error_m,
        "public_key": public(POINT_KEY),
    }


@dataclass
class Exchange:
    """How an exchange goes: the lie of either end is a change of one of these."""

    times_ms: Sequence[float] = field(default_factory=lambda: [0.1] * measurement.LEAST_ROUNDS)
    """There and back, of each round."""
    thinking_ms: float = 0.01
    """Of the vantage point, between a reply and the next question."""
    host_key: Ed25519PrivateKey = HOST_KEY
    point_key: Ed25519PrivateKey = POINT_KEY
    audit: Mapping[str, str] = field(default_factory=lambda: AUDIT)
    vantage_clock: Callable[[float, int], float] = lambda ms, _number: ms
    """What the vantage point says when it is ``ms``; ``number`` counts its readings."""
    server_clock: Callable[[float], float] = lambda ms: ms
    namespace: str = measurement.ROUND_NAMESPACE
    rest: Rest = lambda _challenge: ()
    also: tuple[bytes, ...] = ()

    def rounds(self) -> list[list[Any]]:
        """As a document has them."""
        rng = random.Random(7)
        now, previous, rows = 1000.0, b"", []
        for number, ms in enumerate(self.times_ms):
            sent, served, received = now, now + ms / 2, now + ms
            nonce = rng.randbytes(32)
            challenge = measurement.challenge(nonce, previous)
            rest = self.rest(challenge)
            times = (
                self._ns(self.vantage_clock(sent, 2 * number)),
                self._ns(self.vantage_clock(received, 2 * number + 1)),
                self._ns(self.server_clock(served)),
            )
            one = measurement.Round(*times, challenge, b"", (*rest, *self.also))
            signed = measurement.message(bytes.fromhex(self.audit["nonce"]), one, number)
            previous = sshsig.parse(sshsig.sign(self.host_key, signed, self.namespace)).raw
            rows.append([*times, *(base64.b64encode(part).decode() for part in (nonce, *rest, previous))])
            now = received + self.thinking_ms
        return rows

    def document(self, **changes: object) -> dict[str, Any]:
        """Signed by the vantage point, ``changes`` included."""
        lasted = timedelta(milliseconds=sum(self.times_ms) + self.thinking_ms * len(self.times_ms))
        ended = (BEGAN + lasted + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        document: dict[str, Any] = {
            "format": measurement.FORMAT,
            "audit": self.audit["id"],
            "nonce": self.audit["nonce"],
            "server": "srv1",
            "host_key": public(HOST_KEY),
            "vantage_point": "ici",
            "began": BEGAN.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ended": ended,
            "software": "test",
            "rounds": self.rounds(),
        } | changes
        return resigned(document, self.point_key)

    @staticmethod
    def _ns(ms: float) -> int:
        return int(ms * 1e6)


def resigned(document: dict[str, Any], key: Ed25519PrivateKey = POINT_KEY) -> dict[str, Any]:
    """With a signature that fits what it says now."""
    rest = {name: value for name, value in document.items() if name != "signature"}
    return rest | {"signature": sshsig.sign(key, canonical.dumps(rest), measurement.NAMESPACE).decode()}


LISTING = {"files": 3, "blocks": 500, "bytes": 2_000_000, "before": 1_790_000_000, "digest": "ab" * 32}


def possessed(times_ms: Sequence[float], **changes: object) -> dict[str, Any]:
    """A possession document whose rounds took so long."""
    exchange = Exchange(
        times_ms,
        namespace=possession.ROUND_NAMESPACE,
        rest=lambda challenge: (possession.answer(challenge, b"block"),),
        also=(possession.commitment("46005", LISTING),),
    )
    given = {"format": possession.FORMAT, "municipality": "46005", "listing": LISTING}
    return exchange.document(**(given | changes))
