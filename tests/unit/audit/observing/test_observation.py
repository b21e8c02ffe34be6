"""What is taken of what a server sends: packed as agreed, and no path but a server's."""

from __future__ import annotations

import base64
import json
import zlib

import pytest

from provisioner.audit.observing import observation

GOOD = {"index.json": "{}\n", "index.json.sig": "x", "system.json": "{}\n", "tenants/46005.json": "{}\n"}


def packed(texts: object) -> str:
    return base64.b64encode(zlib.compress(json.dumps(texts).encode())).decode()


def test_what_was_packed_comes_out() -> None:
    texts = observation.unpack(packed(GOOD))
    assert texts == {path: text.encode() for path, text in GOOD.items()}
    assert "observations/servers/srv1/tenants/46005.json" in observation.placed("srv1", texts)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "§",
        base64.b64encode(b"not compressed").decode(),
        packed(["index.json"]),
        packed({"system.json": "{}"}),
        packed(GOOD | {"../../verify.py": "x"}),
        packed(GOOD | {"tenants/../x.json": "x"}),
        packed(GOOD | {"system.json": 7}),
        packed(GOOD)[:-8],
    ],
)
def test_anything_else_is_refused(sent: str) -> None:
    with pytest.raises(observation.UnusableError):
        observation.unpack(sent)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observation, "MOST_BYTES", 1000)
    with pytest.raises(observation.UnusableError):
        observation.unpack(packed(GOOD | {"system.json": "0" * 10_000}))
