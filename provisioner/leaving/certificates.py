"""The certificate of destruction: what was destroyed, how that was seen, what stays until when; signed.

It is the consortium's word, by the key that signs its audits; `nuage audit` carries it, and anybody checks it with
`ssh-keygen -Y verify`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from provisioner import messages
from provisioner.audit.bundle import canonical, keys, layout, sshsig
from provisioner.audit.bundle.departed import NAMESPACE
from provisioner.files import write_atomic
from provisioner.leaving.departures import BEGUN, COPIES, DESTROYED, EXPORT, LOOKED, RECEIPT, Departure

FORMAT = "nuage-destruction-1"
FOLDER = "departures"
"""Beside the specs; a folder for each municipality that left."""
CERTIFICATE = "certificate.json"
PAGES = {"fr": "CERTIFICAT.txt", "en": "CERTIFICATE.txt"}


def document(of: Departure) -> dict[str, Any]:
    """What is certified; nothing of anybody's contacts."""
    begun, receipt = of.of(BEGUN), of.of(RECEIPT)
    return {
        "format": FORMAT,
        "code": of.code,
        "municipality": begun["name"],
        "domains": begun["domains"],
        "services": begun["services"],
        "export": {"manifest": of.of(EXPORT)["manifest"], "at": of.of(EXPORT)["noted"]},
        "receipt": {part: receipt[part] for part in ("digest", "key", "text", "signature", "noted")},
        "begun": begun["noted"],
        "destroyed": of.of(DESTROYED)["noted"],
        "servers": begun["servers"],
        "looked": of.of(LOOKED)["looked"],
        "left": {
            **{part: begun[part] for part in ("copies_until", "keeper", "logs_days")},
            "export": of.of(DESTROYED).get("export"),
        },
        "copies_destroyed": {part: of.of(COPIES)[part] for part in ("noted", "looked")}
        if of.of(COPIES)
        else None,
    }


def write(folder: Path, of: Departure, key: Path) -> tuple[Path, str]:
    """The certificate, its signature and its pages; where, and the public key that signed.

    Raises:
        NuageError: the key can't be used, or the folder can't be written.
    """
    private = keys.private(key)
    place = folder / FOLDER / of.slug
    found = document(of)
    text = canonical.dumps(found)
    signature = sshsig.sign(private, text, NAMESPACE)
    for language, name in PAGES.items():
        write_atomic(place / name, page(found, language))
    write_atomic(place / CERTIFICATE, text)
    # Last: what is signed is there before its signature is.
    write_atomic(place / f"{CERTIFICATE}.sig", signature)
    return place, sshsig.key_text(private.public_key().public_bytes_raw())


def of_audit(folder: Path) -> dict[str, bytes]:
    """Every certificate, by its path in a bundle of evidence; one without its signature isn't one yet."""
    files: dict[str, bytes] = {}
    for signature in sorted((folder / FOLDER).glob(f"*/{CERTIFICATE}.sig")):
        text = signature.with_suffix("").read_bytes()
        path = layout.departure(str(canonical.loads(text)["code"]))
        files |= {path: text, f"{path}.sig": signature.read_bytes()}
    return files


def page(found: dict[str, Any], language: str) -> str:
    """The same, for people."""
    texts = messages.catalogue(language, "leave-page")
    left = found["left"]
    gone = found["copies_destroyed"]
    key = "copies-gone" if gone else "copies" if left["copies_until"] else "no-copies"
    copies = texts[key].format(until=left["copies_until"], day=gone["noted"][:10] if gone else "")
    servers = ", ".join(sorted(set(found["servers"].values())))
    context = {
        "name": found["municipality"],
        "code": found["code"],
        "day": found["destroyed"][:10],
        "servers": servers,
        "services": ", ".join(found["services"]),
        "manifest": found["export"]["manifest"],
        "receipt": found["receipt"]["digest"],
        "copies": copies,
        "export": texts["export" if left["export"] else "no-export"].format(place=left["export"]),
        "logs": left["logs_days"],
        "looked": sum(len(each) for each in found["looked"].values()),
    }
    return texts["certificate"].format(**context)
