"""A server's folder of certificates; keys and requests are made with the machine's own openssl."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import certificates
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DOMAIN = "www.ville.example"
NAMES = ["ville.example", "www.ville.example"]
WANTED: dict[str, Any] = {
    "names": NAMES,
    "directory": "https://acme.example/directory",
    "authority": "",
    "renew_days": 30,
}
NOW = datetime.now(UTC)
DAY = 86400


def issued(request: str, names: list[str] = NAMES, begins: int = -1, ends: int = 90) -> str:
    """A certificate for a request, valid from and to these days from now."""
    asked = x509.load_pem_x509_csr(request.encode())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test")]))
        .public_key(asked.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=begins))
        .not_valid_after(NOW + timedelta(days=ends))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    )
    certificate = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path


def install(store: Path, domain: str = DOMAIN, **changes: Any) -> dict[str, Any]:
    request = certificates.make_request(store, domain, NAMES)
    record: dict[str, Any] = certificates.install(
        store, domain, issued(request, **changes), WANTED, NOW.timestamp()
    )
    return record


def test_request_holds_the_names_and_the_key_stays(store: Path) -> None:
    request = x509.load_pem_x509_csr(certificates.make_request(store, DOMAIN, NAMES).encode())
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == NAMES
    assert request.is_signature_valid
    key = store / f".pending-{DOMAIN}" / "privkey.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


def test_installed_pair_fits_and_is_recorded(store: Path) -> None:
    record = install(store)
    folder = store / DOMAIN
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == certificates.MODES
    assert certificates.examine(folder / "privkey.pem", folder / "fullchain.pem")["names"] == NAMES
    assert certificates.read_record(folder) == record
    assert certificates.wanting(record, WANTED, NOW.timestamp()) == ""
    assert not (store / f".pending-{DOMAIN}").exists()


def test_renewal_leaves_one_version_and_a_new_key(store: Path) -> None:
    install(store)
    install(store, "ville.example")
    first = (store / DOMAIN / "privkey.pem").read_bytes()
    install(store)
    assert (store / DOMAIN / "privkey.pem").read_bytes() != first
    assert len(list((store / ".versions").iterdir())) == 2
    assert certificates.read_record(store / "ville.example")


def test_a_plain_folder_is_replaced(store: Path) -> None:
    (store / DOMAIN).mkdir()
    (store / DOMAIN / "fullchain.pem").write_text("by hand")
    install(store)
    assert certificates.read_record(store / DOMAIN)
    assert len(list((store / ".versions").iterdir())) == 1


@pytest.mark.parametrize("name", ["fullchain.pem", "privkey.pem", "certificate.json"])
def test_a_changed_file_voids_the_record(store: Path, name: str) -> None:
    install(store)
    (store / DOMAIN / name).write_text("{}")
    assert certificates.wanting(certificates.read_record(store / DOMAIN), WANTED, NOW.timestamp()) == "absent"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"names": [*NAMES, "x.example"]}, "names"),
        ({"directory": "https://other.example/"}, "authority"),
        ({"authority": "ab" * 32}, "authority"),
        ({"renew_days": 30}, ""),
    ],
)
def test_why_another_is_wanted(store: Path, change: dict[str, Any], reason: str) -> None:
    record = install(store)
    assert certificates.wanting(record, {**WANTED, **change}, NOW.timestamp()) == reason


def test_renewal_time_of_long_and_short_lives() -> None:
    assert certificates.renewal_time(0, 90 * DAY, 30) == 60 * DAY
    assert certificates.renewal_time(0, 365 * DAY, 30) == 335 * DAY
    # Twelve hours, a laboratory's: 30 days would mean for ever.
    assert certificates.renewal_time(0, DAY // 2, 30) == DAY // 3
    assert certificates.renewal_time(0, 6 * DAY, 30) == 4 * DAY


def test_due_for_renewal(store: Path) -> None:
    record = install(store, ends=20)
    at = record["renew_at"]
    assert certificates.wanting(record, WANTED, at - 1) == ""
    assert certificates.wanting(record, WANTED, at) == "renewal"


def refusal(store: Path, chain: str) -> certificates.CertificateError:
    with pytest.raises(certificates.CertificateError) as caught:
        certificates.install(store, DOMAIN, chain, WANTED, NOW.timestamp())
    return caught.value


def test_wrong_certificates_are_refused_and_the_present_one_stays(store: Path) -> None:
    present = install(store)
    other = certificates.make_request(store, "autre.example", NAMES)
    request = certificates.make_request(store, DOMAIN, NAMES)
    for chain, key in (
        ("not a certificate", "acme.unexpected-certificate"),
        (issued(other), "acme.unexpected-certificate"),
        (issued(request, names=["x.example"]), "acme.unexpected-certificate"),
        (issued(request, begins=1), "acme.server-clock"),
        (issued(request, begins=-20, ends=-1), "acme.server-clock"),
    ):
        assert refusal(store, chain).key == key
    assert certificates.read_record(store / DOMAIN) == present


def test_modes_and_renewal_time_are_set_right(store: Path) -> None:
    record = install(store)
    (store / DOMAIN / "privkey.pem").chmod(0o644)
    assert certificates.mend(store / DOMAIN, record, WANTED, True)
    assert stat.S_IMODE((store / DOMAIN / "privkey.pem").stat().st_mode) == 0o644
    assert certificates.mend(store / DOMAIN, record, {**WANTED, "renew_days": 10}, False)
    assert stat.S_IMODE((store / DOMAIN / "privkey.pem").stat().st_mode) == 0o600
    mended = certificates.read_record(store / DOMAIN)
    assert mended["renew_at"] == mended["not_after"] - 10 * DAY
    assert not certificates.mend(store / DOMAIN, mended, {**WANTED, "renew_days": 10}, False)


def test_removal_leaves_the_neighbours(store: Path) -> None:
    install(store, "ville.example")
    install(store, "ville.example.autre.example")
    assert certificates.remove(store, "ville.example", True)
    assert certificates.read_record(store / "ville.example")
    assert certificates.remove(store, "ville.example", False)
    assert not certificates.remove(store, "ville.example", False)
    assert [path.name.rpartition(".")[0] for path in (store / ".versions").iterdir()] == [
        "ville.example.autre.example"
    ]


def test_answers_are_for_the_web_server_alone(tmp_path: Path) -> None:
    certificates.write_answers(tmp_path / "acme", {"jeton": "contenu"}, os.getegid())
    answer = tmp_path / "acme/.well-known/acme-challenge/jeton"
    assert answer.read_text() == "contenu"
    assert stat.S_IMODE(answer.stat().st_mode) == 0o640
    assert stat.S_IMODE(answer.parent.stat().st_mode) == 0o750
    certificates.clear_answers(tmp_path / "acme", ["jeton", "absent"])
    assert not answer.exists()


@pytest.mark.parametrize("token", ["../../etc/passwd", "a/b", ".", "", "jeton\n", "é"])
def test_a_token_never_leaves_its_folder(token: str) -> None:
    assert not certificates.TOKEN.match(token)


@pytest.mark.parametrize("domain", ["../x", "a/b", "-x", "a\n", "A.example", "", "a,DNS:b"])
def test_a_domain_is_a_plain_file_name(domain: str) -> None:
    assert not certificates.DOMAIN.match(domain)
