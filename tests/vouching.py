"""An authority of a municipality's own, as its directory has one: no public trust store knows it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALID = timedelta(days=30)


def pem(key: ec.EllipticCurvePrivateKey) -> str:
    """A private key, in clear."""
    kind, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(kind, form, serialization.NoEncryption()).decode()


@dataclass(frozen=True)
class Authority:
    """Its certificate is the file of this name in a consortium's folder; its key lies beside."""

    name: str

    def make(self, folder: Path) -> None:
        """A new one."""
        key = ec.generate_private_key(ec.SECP256R1())
        called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Mairie {secrets.token_hex(4)}")])
        made = self._certificate(called, called, key, key, x509.BasicConstraints(ca=True, path_length=0))
        (folder / self.name).write_text(made, encoding="ascii")
        hidden = folder / f"{self.name}.key"
        hidden.touch(mode=0o600)
        hidden.write_text(pem(key), encoding="ascii")

    def vouch(self, folder: Path, name: str) -> tuple[str, str]:
        """A certificate for a host of this name, and its key."""
        above = x509.load_pem_x509_certificate((folder / self.name).read_bytes())
        signer = serialization.load_pem_private_key((folder / f"{self.name}.key").read_bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return self._certificate(called, above.subject, key, signer, names), pem(key)

    @staticmethod
    def _certificate(
        subject: x509.Name,
        issuer: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        signer: ec.EllipticCurvePrivateKey,
        extension: x509.ExtensionType,
    ) -> str:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + VALID)
        made = builder.add_extension(extension, critical=True).sign(signer, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM).decode()


TOWN_HALL = Authority("autorite-mairie.pem")
