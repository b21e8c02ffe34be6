"""A municipality's receipt: a text that quotes an export's manifest, signed by the municipality's own key.

It is made with nothing but OpenSSH: `ssh-keygen -Y sign -n nuage-receipt -f KEY receipt.txt`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from provisioner import messages
from provisioner.audit.bundle import sshsig
from provisioner.errors import InvalidInputError, MachineError, RefusedError
from provisioner.files import read_text
from provisioner.leaving.departures import EXPORT, Departure

NAMESPACE = "nuage-receipt"
FILE = "receipt.txt"
LONGEST = 64 << 10
_FIELD = re.compile(r"^(code|manifest): ([0-9a-f]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Receipt:
    """A receipt that counts. Its digest is what consent to destruction quotes."""

    digest: str
    manifest: str
    key: str
    text: str
    signature: str


def to_sign(name: str, code: str, manifest: str) -> str:
    """What a municipality signs, in both languages."""
    context = {"name": name, "code": code, "manifest": manifest}
    return (
        "\n".join(
            messages.catalogue(language, "leave-page")["receipt"].format(**context)
            for language in ("fr", "en")
        )
        + f"\ncode: {code}\nmanifest: {manifest}\n"
    )


def read(of: Departure, path: Path) -> Receipt:
    """The receipt of a file, whose signature lies beside it (`receipt.txt.sig`).

    Raises:
        InvalidInputError: the signature isn't the municipality's, or isn't of this text.
        RefusedError: the municipality gave no key, or the receipt is of another export.
    """
    if of.tenant is None or of.tenant.export_key is None:
        raise RefusedError("leave.no-key", subject=of.slug)
    text = read_text(path)
    beside = path.with_name(path.name + ".sig")
    if not beside.is_file():
        raise MachineError("leave.no-signature", file=str(beside))
    signature = read_text(beside)
    if len(text) > LONGEST or len(signature) > LONGEST:
        raise InvalidInputError("leave.not-a-receipt", file=str(path))
    key = sshsig.public_key(of.tenant.export_key)
    try:
        sshsig.verify(text.encode(), signature.encode(), NAMESPACE, [key])
    except sshsig.SignatureError as error:
        found = error.found or sshsig.fingerprint(key)
        raise InvalidInputError(f"leave.{error.key}", file=str(beside), found=found) from error
    return Receipt(
        digest=hashlib.sha256(text.encode()).hexdigest(),
        manifest=_quoted(of, text, path),
        key=sshsig.key_text(key),
        text=text,
        signature=signature,
    )


def _quoted(of: Departure, text: str, path: Path) -> str:
    found = _FIELD.findall(text)
    said = dict(found)
    if len(found) != 2 or set(said) != {"code", "manifest"}:
        raise InvalidInputError("leave.not-a-receipt", file=str(path))
    wanted = str(of.of(EXPORT)["manifest"])
    if said["code"] != of.code or said["manifest"] != wanted:
        raise RefusedError(
            "leave.other-export", file=str(path), found=said["manifest"][:16], wanted=wanted[:16]
        )
    return wanted
