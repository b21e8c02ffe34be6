"""What an authority says, and what a person is told; connections are real ones, on the loopback address."""

from __future__ import annotations

import http.server
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from acme import messages as acme_messages
from ansible_collections.nuage_commun.platform.plugins.plugin_utils import acme_account, acme_client
from ansible_collections.nuage_commun.platform.plugins.plugin_utils.acme_failure import (
    AcmeError,
    failure_of,
    sentence,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DIRECTORY = "https://acme.example/directory"


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("rateLimited", "acme.rate-limited"),
        ("accountDoesNotExist", "acme.account-unknown"),
        ("externalAccountRequired", "acme.account-refused"),
        ("caa", "acme.name-refused"),
        ("rejectedIdentifier", "acme.name-refused"),
        ("malformed", "acme.refused"),
    ],
)
def test_answers_of_an_authority(code: str, key: str) -> None:
    failure = failure_of(acme_messages.Error.with_code(code, detail="détail"), DIRECTORY)
    assert failure.key == key
    assert failure.context == {"directory": DIRECTORY, "detail": "détail"}
    assert "détail" in str(failure)


def test_each_name_refused_is_named() -> None:
    part = acme_messages.Error.with_code(
        "caa",
        detail="CAA",
        identifier=acme_messages.Identifier(typ=acme_messages.IDENTIFIER_FQDN, value="x.example"),
    )
    whole = acme_messages.Error.with_code("rejectedIdentifier", detail="deux noms", subproblems=(part,))
    assert "[x.example: CAA]" in str(failure_of(whole, DIRECTORY).context["detail"])


def test_both_languages() -> None:
    said = sentence("acme.challenge-failed", {"domain": "x.example", "detail": "404"})
    assert "couldn't verify x.example; it says: 404" in said
    assert "n'a pas pu vérifier x.example; elle dit : 404" in said


def authority_certificate(folder: Path, begins: int, ends: int) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key, valid from and to these days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) + timedelta(days=begins))
        .not_valid_after(datetime.now(UTC) + timedelta(days=ends))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"authority-{certificate.serial_number:x}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers each path with the status and JSON that it names."""

    def do_GET(self) -> None:
        status = int(self.path.strip("/").split("/")[0])
        body = json.dumps([] if self.path.endswith("list") else {"meta": {}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if self.path.endswith("html") else "application/json")
        self.end_headers()
        self.wfile.write(b"<html>" if self.path.endswith("html") else body)

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002  the base class's own name
        """Nothing on the test's output."""


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[object]:
    """Starts a TLS server whose certificate is valid between two days from now; its address and file."""
    started: list[http.server.HTTPServer] = []

    def start(begins: int = -1, ends: int = 1) -> tuple[str, str]:
        pem = authority_certificate(tmp_path, begins, ends)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        started.append(server)
        return f"https://127.0.0.1:{server.server_address[1]}", str(pem)

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def opened(directory: str, trusted: str) -> AcmeError:
    key = acme_client.load_account_key(acme_client.new_account_key())
    with pytest.raises(AcmeError) as caught:
        acme_client.Session(acme_client.Authority(directory, "a@b.example", trusted, 5), key).register()
    return caught.value


def test_nobody_there() -> None:
    failure = opened("https://127.0.0.1:9/directory", "")
    assert failure.key == "acme.unreachable"
    assert "refused" in str(failure.context["detail"]).lower()


def test_unknown_authority(serve, tmp_path: Path) -> None:
    address, _ = serve()
    failure = opened(f"{address}/200", "")
    assert failure.key == "acme.untrusted"
    assert "self-signed" in str(failure.context["detail"])


@pytest.mark.parametrize(("begins", "ends"), [(-5, -1), (1, 5)])
def test_outside_its_dates(serve, begins: int, ends: int) -> None:
    address, trusted = serve(begins, ends)
    assert opened(f"{address}/200", trusted).key == "acme.clock"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/200/object", "acme.not-acme"),
        ("/200/list", "acme.not-acme"),
        ("/200/html", "acme.not-acme"),
        ("/502/html", "acme.unreachable"),
        ("/404/html", "acme.unreachable"),
    ],
)
def test_not_an_authority(serve, path: str, key: str) -> None:
    address, trusted = serve()
    assert opened(address + path, trusted).key == key


def test_authority_file_gone(serve, tmp_path: Path) -> None:
    address, _ = serve()
    assert opened(f"{address}/200", "/nonexistent.pem").key == "acme.authority-file"
    (tmp_path / "empty.pem").write_text("")
    assert opened(f"{address}/200", str(tmp_path / "empty.pem")).key == "acme.authority-file"


@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_account_key_that_is_none(tmp_path: Path, serve, content: bytes) -> None:
    path = tmp_path / "account.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    assert account_failure(path, serve) == "acme.account-key"


def test_account_key_that_others_can_read(tmp_path: Path, serve) -> None:
    path = tmp_path / "account.pem"
    path.write_bytes(acme_client.new_account_key())
    path.chmod(0o640)
    assert account_failure(path, serve) == "acme.account-key"


def test_account_key_is_made_for_the_owner_alone(tmp_path: Path, serve) -> None:
    path = tmp_path / "state" / "acme" / "account.pem"
    assert account_failure(path, serve) == "acme.not-acme"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    first = path.read_bytes()
    assert account_failure(path, serve) == "acme.not-acme"
    assert path.read_bytes() == first


def account_failure(path: Path, serve) -> str:
    address, trusted = serve()
    with pytest.raises(AcmeError) as caught:
        acme_account.open_session(path, acme_client.Authority(f"{address}/200", "a@b.example", trusted, 5))
    return caught.value.key
