"""What a vantage point is handed, and what the command says of what it can't use."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from provisioner.audit.bundle import canonical
from provisioner.audit.location import requests
from provisioner.cli.main import build
from provisioner.errors import NuageError
from tests.unit.audit.location.simulated import AUDIT, POINT_KEY, consortium

SERVER = {"address": "127.0.0.1", "ssh_port": 1}


def request_document() -> dict[str, Any]:
    spec = consortium()
    spec["servers"][0] |= SERVER
    return requests.document(AUDIT, spec)


def probe(tmp_path: Path, request: bytes, server: str = "srv1", key: bytes | None = None) -> str:
    """The key of the message that the command ends with; it writes nothing."""
    file = tmp_path / "key"
    file.write_bytes(key or POINT_KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    (tmp_path / "request.json").write_bytes(request)
    words = ["audit", "probe", server, "--request", str(tmp_path / "request.json"), "--vantage-point", "ici"]
    words += ["--key", str(file), "--output", str(tmp_path / "out.json")]
    with pytest.raises(NuageError) as refused:
        CliRunner().invoke(build(), words, catch_exceptions=False, standalone_mode=False)
    assert not (tmp_path / "out.json").exists()
    return refused.value.problems[0].key


def test_a_request_names_each_server_and_nothing_secret() -> None:
    target = requests.target(canonical.dumps(request_document()), "srv1")
    assert (target.audit, target.nonce, target.port) == (AUDIT["id"], AUDIT["nonce"], 1)
    assert target.host_key == consortium()["servers"][0]["ssh_host_key"]


@pytest.mark.parametrize(
    "change",
    [{"format": "x"}, {"nonce": "00"}, {"nonce": 5}, {"servers": None}, {"servers": [{"id": "srv1"}]}],
)
def test_what_is_no_request(tmp_path: Path, change: dict[str, Any]) -> None:
    assert probe(tmp_path, canonical.dumps(request_document() | change)) == "audit-probe.bad-request"
    assert probe(tmp_path, b"not json") == "audit-probe.bad-request"


def test_what_the_command_refuses(tmp_path: Path) -> None:
    good = canonical.dumps(request_document())
    assert probe(tmp_path, good, server="srv9") == "audit-probe.no-server"
    assert probe(tmp_path, good, key=b"nothing") == "audit-probe.no-key"
    assert probe(tmp_path, good) == "audit-probe.unreachable"


def test_a_server_that_speaks_no_ssh(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        spec = consortium()
        spec["servers"][0] |= SERVER | {"ssh_port": listener.getsockname()[1]}
        listener.settimeout(5)
        import threading

        def hang_up() -> None:
            link, _ = listener.accept()
            with link:
                link.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=hang_up)
        thread.start()
        assert probe(tmp_path, canonical.dumps(requests.document(AUDIT, spec))) == "audit-probe.unreachable"
        thread.join(5)
