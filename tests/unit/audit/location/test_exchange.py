"""The prober against the role's own responder, over a pair of sockets: what SSH would carry."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioner.audit.bundle import canonical
from provisioner.audit.location import judging, measurement, possession, prober
from provisioner.audit.location.recomputing import recompute
from provisioner.cli.main import build
from provisioner.errors import InvalidInputError
from tests.programs import loaded
from tests.unit.audit.location.simulated import (
    AUDIT,
    HOST_KEY,
    INNER,
    OUTER,
    POINT_KEY,
    consortium,
    point,
    public,
)

PROGRAMS = Path(__file__).parents[4] / "roles/server_audit/files/usr/local/lib/nuage"
VANTAGE = prober.Vantage("ici", POINT_KEY)
TARGET = prober.Target(AUDIT["id"], AUDIT["nonce"], "srv1", "192.0.2.1", 22, public(HOST_KEY))


class Wire:
    """A socket whose `recv` and `sendall` are a channel's, and what a test does to replies on their way."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end

    def sendall(self, data: bytes) -> None:
        self.end.sendall(data)

    def recv(self, size: int) -> bytes:
        return self.end.recv(size)


@pytest.fixture
def responder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    module = loaded(PROGRAMS / "audit_responder.py")
    monkeypatch.setattr(module, "TENANTS", str(tmp_path))
    return module


@pytest.fixture
def wire(responder: ModuleType) -> Iterator[socket.socket]:
    here, there = socket.socketpair()

    def run() -> None:
        try:
            responder.answer(HOST_KEY, there.fileno(), there.fileno())
        except (OSError, responder.RefusedError):
            pass
        finally:
            there.close()

    thread = threading.Thread(target=run)
    thread.start()
    here.settimeout(10)
    with here:
        yield here
    thread.join(10)


def files(root: Path, **contents: bytes) -> Path:
    folder = root / "t46005" / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        os.utime(folder / name, (0, time.time() - 3600))
    return folder


def test_a_measurement_that_judging_believes(wire: socket.socket) -> None:
    document = prober.rtt(Wire(wire), TARGET, VANTAGE, 200)
    verdict = judging.judge("srv1", consortium(point()), AUDIT, [document], (INNER, OUTER))
    assert verdict.refused == ()
    assert verdict.rounds == 200
    assert verdict.strict.disks[0].round_trip_ms < 50


def test_the_rounds_are_bounded(wire: socket.socket, responder: ModuleType) -> None:
    with pytest.raises(ConnectionError):
        prober.rtt(Wire(wire), TARGET, VANTAGE, responder.MOST_ROUNDS + 1)


def test_another_key_is_found_out(wire: socket.socket) -> None:
    document = prober.rtt(Wire(wire), TARGET, VANTAGE, 200)
    spec = consortium(point())
    other = public(Ed25519PrivateKey.from_private_bytes(b"o" * 32))
    spec["servers"][0]["ssh_host_key"] = other
    verdict = judging.judge("srv1", spec, AUDIT, [document], (INNER, OUTER))
    assert verdict.strict.reason == "audit-location.other-host-key"


class TestPossession:
    def possessed(self, wire: socket.socket, age: int = 60) -> dict[str, Any]:
        return prober.possessed(Wire(wire), TARGET, VANTAGE, "46005", age)

    def judged(self, document: dict[str, Any]) -> possession.PossessionVerdict:
        return possession.judge("srv1", "46005", consortium(point()), AUDIT, [document])

    def test_who_has_the_data_can_check_the_answers(self, wire: socket.socket, tmp_path: Path) -> None:
        contents = {"a": os.urandom(10_000), "b": b"", "c": os.urandom(4096)}
        files(tmp_path, **contents)
        document = self.possessed(wire)
        assert document["listing"]["blocks"] == 4
        assert document["listing"]["files"] == 2
        assert self.judged(document).reason == "audit-location.possession-within"
        _, rounds = possession.read(
            document,
            consortium(point())["servers"][0],
            "46005",
            judging.expectation(consortium(point()), AUDIT),
        )
        a = contents["a"]
        blocks = [a[:4096], a[4096:8192], a[8192:], contents["c"]]
        for one in rounds:
            block = blocks[possession.chosen(one.challenge, 4)]
            assert one.rest[0] == possession.answer(one.challenge, block)

    def test_recomputing_from_a_copy(self, wire: socket.socket, tmp_path: Path, language: str) -> None:
        folder = files(tmp_path, a=os.urandom(9000), z=os.urandom(5000), **{"é a": b"xyz"})
        for name in ("a", "a.b", "b"):
            (folder / "deep" / name).mkdir(parents=True)
            files(tmp_path, **{f"deep/{name}/f": name.encode() * 3000})
        document, copy = tmp_path / "document.json", tmp_path / "t46005"
        document.write_bytes(canonical.dumps(self.possessed(wire)))
        words = ["audit", "recompute", str(document), str(copy)]
        done = CliRunner().invoke(build(), words)
        assert (done.exit_code, "200" in done.output) == (0, True), done.output
        changed = folder / "a"
        changed.write_bytes(os.urandom(9000))
        os.utime(changed, (0, time.time() - 3600))
        done = CliRunner().invoke(build(), words)
        assert done.exit_code == 9
        assert recompute(canonical.loads(document.read_bytes()), copy).wrong > 0
        changed.unlink()
        assert not recompute(canonical.loads(document.read_bytes()), copy).same_files
        assert CliRunner().invoke(build(), words).exit_code == 9
        document.write_text("{}")
        with pytest.raises(InvalidInputError):
            CliRunner().invoke(build(), words, catch_exceptions=False, standalone_mode=False)

    def test_no_name_and_no_content_leaves(self, wire: socket.socket, tmp_path: Path) -> None:
        files(tmp_path, **{"congediement-Tremblay.pdf": b"CANARY" * 3000})
        text = str(self.possessed(wire))
        assert "Tremblay" not in text
        assert "CANARY" not in text

    def test_what_changed_lately_links_and_pipes_are_left_out(
        self, wire: socket.socket, tmp_path: Path
    ) -> None:
        folder = files(tmp_path, old=b"x")
        (folder / "new").write_bytes(b"y" * 5000)
        (folder / "link").symlink_to("/etc/passwd")
        os.mkfifo(folder / "pipe")
        assert self.possessed(wire)["listing"]["files"] == 1

    def test_nothing_old_enough(self, wire: socket.socket, tmp_path: Path) -> None:
        files(tmp_path, a=b"x")
        document = self.possessed(wire, age=7200)
        assert self.judged(document).reason == "audit-location.possession-empty"


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{}\n",
        b"[]\n",
        b'{"do":"sign","nonce":"%s"}\n' % (b"0" * 64),
        b'{"do":"rtt","nonce":"00"}\n',
        b'{"do":"possession","nonce":"%s","code":"../..","age":0}\n' % (b"0" * 64),
        b'{"do":"possession","nonce":"%s","code":"46005","age":-1}\n' % (b"0" * 64),
        b"x" * 400,
    ],
)
def test_what_is_no_request_gets_no_answer(wire: socket.socket, line: bytes) -> None:
    wire.sendall(line)
    # A reset when it hung up before it had read all.
    with contextlib.suppress(ConnectionResetError):
        assert wire.recv(100) == b""


def test_no_signature_of_an_ssh_exchange_can_be_had(wire: socket.socket) -> None:
    """All that is signed begins with SSHSIG and a namespace of ours, whatever the challenge is."""
    document = prober.rtt(Wire(wire), TARGET, VANTAGE, 200)
    rounds = measurement.chained(document["rounds"])
    key = HOST_KEY.public_key().public_bytes_raw()
    measurement.verify_rounds(rounds, key, "nuage-rtt", bytes.fromhex(AUDIT["nonce"]))
    for namespace in ("file", "nuage-possession", "nuage-observation"):
        with pytest.raises(measurement.RefusedMeasurementError):
            measurement.verify_rounds(rounds, key, namespace, bytes.fromhex(AUDIT["nonce"]))


def test_a_call_hands_over_its_pipes(responder: ModuleType, tmp_path: Path) -> None:
    """The whole way on the server: what sshd starts, the door, the responder."""
    door = tmp_path / "door"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(door))
        listener.listen()
        here, there = socket.socketpair()
        call = subprocess.Popen(
            [sys.executable, PROGRAMS / "audit_call.py", door],
            stdin=there,
            stdout=there,
            stderr=subprocess.PIPE,
        )
        there.close()
        connection, _ = listener.accept()

        def run() -> None:
            with connection:
                responder.call(HOST_KEY, connection)

        thread = threading.Thread(target=run)
        thread.start()
        here.settimeout(10)
        document = prober.rtt(Wire(here), TARGET, VANTAGE, 200)
        here.close()
        thread.join(10)
        assert call.wait(10) == 0
    verdict = judging.judge("srv1", consortium(point()), AUDIT, [document], (INNER, OUTER))
    assert verdict.refused == ()


def test_a_file_instead_of_a_pipe_is_refused(responder: ModuleType, tmp_path: Path) -> None:
    here, there = socket.socketpair()
    with here, there, (tmp_path / "file").open("w+b") as stream:
        socket.send_fds(here, [b"\0"], [stream.fileno(), stream.fileno()])
        responder.call(HOST_KEY, there)
        assert stream.read() == b""
