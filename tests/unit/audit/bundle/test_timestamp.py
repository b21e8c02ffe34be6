"""Time stamps, from an authority of our own: `openssl ts` behind a web server on this machine."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from provisioner.audit.bundle import layout, timestamp
from provisioner.audit.bundle.reading import Bundle, read
from provisioner.audit.bundle.verifying import Report, verify
from provisioner.errors import InvalidInputError, UnreachableError
from tests.unit.audit.bundle import making

CONFIGURATION = """
[tsa]
default_tsa = here
[here]
dir = .
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
"""


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Path:
    """A root, and a certificate that may stamp times."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "ts.conf").write_text(CONFIGURATION)
    (folder / "serial").write_text("01\n")
    (folder / "extensions").write_text("extendedKeyUsage=critical,timeStamping\n")
    new = ("req", "-newkey", "rsa:2048", "-nodes")
    openssl(folder, *new, "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Root", "-days", "9")
    openssl(folder, *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=TSA")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extensions", "-days", "9")
    openssl(folder, "x509", "-req", "-in", "tsa.csr", "-out", "tsa.pem", *signed)
    return folder


@pytest.fixture(scope="module")
def address(authority) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            (authority / "query").write_bytes(query)
            if self.path == "/other":
                (authority / "data").write_bytes(b"other")
                openssl(authority, "ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "query")
            openssl(authority, "ts", "-reply", "-config", "ts.conf", "-queryfile", "query", "-out", "reply")
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()
            self.wfile.write(b"hello" if self.path == "/hello" else (authority / "reply").read_bytes())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def stamped(address, tmp_path_factory) -> Path:
    """A bundle with a time stamp."""
    folder = tmp_path_factory.mktemp("stamped")
    sealer = making.sealer(folder / "log", stamp=timestamp.asker(address))
    sealer.seal(making.write(making.raw(), folder / "raw"), folder / "bundle")
    return folder / "bundle"


def checked(files: dict[str, bytes], roots: bytes) -> Report:
    report = verify(Bundle(files), (), making.expected(), making.judge)
    timestamp.check(Bundle(files), report, roots)
    return report


def test_stamped_and_checked(stamped, authority):
    files = dict(read(stamped)[0])
    assert verify(Bundle(files), (), making.expected(), making.judge).time_stamp == "unchecked"
    report = checked(files, (authority / "ca.pem").read_bytes())
    assert report.faults == []
    assert report.time_stamp.startswith("20")
    command = ("ts", "-verify", "-data", str(stamped / layout.CHECKPOINT), "-CAfile", "ca.pem")
    openssl(authority, *command, "-in", str(stamped / layout.TIMESTAMP))


def test_another_root_another_checkpoint_no_stamp(stamped, authority, tmp_path):
    files = dict(read(stamped)[0])
    root = (authority / "ca.pem").read_bytes()
    other = (
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-x509",
        "-keyout",
        "k",
        "-out",
        "c",
        "-subj",
        "/CN=Root",
    )
    openssl(tmp_path, *other)
    assert [one.key for one in checked(files, (tmp_path / "c").read_bytes()).faults] == ["bad-time-stamp"]
    changed = {**files, layout.CHECKPOINT: files[layout.CHECKPOINT] + b"\n"}
    assert "bad-time-stamp" in [one.key for one in checked(changed, root).faults]
    without = {path: data for path, data in files.items() if path != layout.TIMESTAMP}
    assert ("missing", layout.TIMESTAMP) in [(one.key, one.path) for one in checked(without, root).faults]
    with pytest.raises(InvalidInputError):
        checked(files, b"hello")


def test_a_changed_byte_of_the_token_is_located(stamped):
    files = dict(read(stamped)[0])
    token = files[layout.TIMESTAMP]
    changed = {**files, layout.TIMESTAMP: token[:700] + bytes([token[700] ^ 1]) + token[701:]}
    (fault,) = verify(Bundle(changed), (), making.expected(), making.judge).faults
    assert (fault.key, fault.path, fault.offset) == ("byte-changed", layout.TIMESTAMP, 700)


@pytest.mark.parametrize("path", ["/other", "/broken", "/hello"])
def test_what_is_no_answer(address, tmp_path, path):
    """Nothing is written then: neither bundle nor log."""
    sealer = making.sealer(tmp_path / "log", stamp=timestamp.asker(address + path))
    with pytest.raises(UnreachableError):
        sealer.seal(making.write(making.raw(), tmp_path / "raw"), tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()
    assert not (tmp_path / "log" / "checkpoint").exists()
