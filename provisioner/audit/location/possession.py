"""Whether a server answers with a municipality's own data, and how far away that data can be. Pure.

Each round asks for one block, chosen by the challenge among all blocks of the files that are at least a day old,
and gets its HMAC-SHA256 under the challenge, signed by the host key together with a digest of the list of files.
Blocks that had to be fetched from elsewhere cost the way there and back. What can be checked without the data: that
the server's key answered, to challenges nobody knew before, about the blocks they choose, and how long that took.
Only somebody who has the data (`answer`) can check that the HMACs are of that data.

    {"format", "audit", "nonce", "server", "municipality", "host_key", "vantage_point", "began", "ended", "software",
     "listing": {"files", "blocks", "bytes", "before", "digest"},
     "rounds": [[sent, received, served, random, hmac, signature], ...], "signature"}

``before`` is seconds since 1970: files changed later are left out. `measurement` describes the rest.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from provisioner.audit.bundle import canonical, sshsig
from provisioner.audit.location import judging, measurement
from provisioner.audit.location.disks import FIBRE, LIGHT
from provisioner.audit.location.measurement import RefusedMeasurementError, Round

FORMAT = "nuage-possession/1"
ROUND_NAMESPACE = "nuage-possession"
BLOCK_BYTES = 4096
LEAST_ROUNDS = 200
SLOW_ALLOWED = 4
"""Rounds that may be slower and aren't counted. If a twentieth of the data were elsewhere, so few slow ones among
200 would come up with a probability under 0.03."""
BOUND_MS = 10.0
"""A round that takes longer says nothing: a disk takes that long, and so does light from 1,500 km away. Not counted
from the shortest round: all of them are slow where all of the data is elsewhere."""


@dataclass(frozen=True)
class PossessionVerdict:
    """Never better than not disproved: the contents aren't checked here. Distances are from the vantage point."""

    server: str
    municipality: str
    verdict: str
    reason: str
    vantage_point: str = ""
    slowest_ms: float | None = None
    strict_km: float | None = None
    """How far away 95 % of the data can be at most, at the speed of light."""
    fibre_km: float | None = None
    rounds: int = 0

    def as_json(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return asdict(self)


def judge(
    server_id: str,
    code: str,
    consortium: Mapping[str, Any],
    audit: Mapping[str, Any],
    possessions: Sequence[Mapping[str, Any]],
) -> PossessionVerdict:
    """The verdict on the data of one municipality on one server; the best of the documents that hold."""
    server = next(s for s in consortium["servers"] if s["id"] == server_id)
    expected = judging.expectation(consortium, audit)
    verdicts = [_judge(server, code, expected, one) for one in possessions]
    if not verdicts:
        return PossessionVerdict(server_id, code, judging.NOT_CHECKED, "audit-location.possession-not-asked")
    return min(verdicts, key=lambda v: (v.verdict != judging.NOT_DISPROVED, v.slowest_ms or math.inf))


def _judge(
    server: Mapping[str, Any], code: str, expected: Mapping[str, Any], document: Mapping[str, Any]
) -> PossessionVerdict:
    try:
        point, rounds = read(document, server, code, expected)
    except RefusedMeasurementError as error:
        return PossessionVerdict(server["id"], code, judging.INCONCLUSIVE, error.reason)
    times = sorted(one.received - one.sent for one in rounds)
    slowest = times[-1 - SLOW_ALLOWED] / 1e6
    within = slowest <= BOUND_MS
    return PossessionVerdict(
        server["id"],
        code,
        judging.NOT_DISPROVED if within else judging.INCONCLUSIVE,
        "audit-location.possession-within" if within else "audit-location.possession-slow",
        str(point["id"]),
        round(slowest, 3),
        math.ceil(LIGHT * slowest / 2),
        math.ceil(FIBRE * slowest / 2),
        len(rounds),
    )


def read(
    document: Mapping[str, Any], server: Mapping[str, Any], code: str, expected: Mapping[str, Any]
) -> tuple[Mapping[str, Any], list[Round]]:
    """The vantage point and the rounds of a document that holds, as far as can be told without the data.

    Raises:
        RefusedMeasurementError: it proves nothing, and why.
    """
    point = measurement.checked(document, server, expected, FORMAT)
    try:
        if document["municipality"] != code:
            raise RefusedMeasurementError("audit-location.other-municipality")
        if document["listing"]["blocks"] < 1:
            raise RefusedMeasurementError("audit-location.possession-empty")
        rounds = measurement.chained(document["rounds"])
        if len(rounds) < LEAST_ROUNDS:
            raise RefusedMeasurementError("audit-location.few-rounds")
        listing = commitment(code, document["listing"])
        rounds = [
            Round(one.sent, one.received, one.served, one.challenge, one.signature, (*one.rest, listing))
            for one in rounds
        ]
        key = sshsig.public_key(server["ssh_host_key"])
        measurement.verify_rounds(rounds, key, ROUND_NAMESPACE, bytes.fromhex(expected["nonce"]))
        measurement.plausible(rounds, document)
    except (KeyError, TypeError, ValueError, binascii.Error, OverflowError):
        raise RefusedMeasurementError("audit-location.malformed") from None
    return point, rounds


def commitment(code: str, listing: Mapping[str, Any]) -> bytes:
    """What the server signs of whose files it answers about, in each round."""
    return hashlib.sha256(canonical.dumps({"municipality": code, "listing": dict(listing)})).digest()


def chosen(challenge: bytes, blocks: int) -> int:
    """The block that a challenge asks for, of so many."""
    return int.from_bytes(hashlib.sha256(b"block" + challenge).digest()[:8], "big") % blocks


def answer(challenge: bytes, block: bytes) -> bytes:
    """The answer that the block itself gives; for who has the data."""
    return hmac.new(challenge, block, hashlib.sha256).digest()
