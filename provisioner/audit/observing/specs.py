"""What is judged of the specs, as JSON values. Pure.

Named field by field, so that a field which is added to a spec one day stays out until somebody puts it here. No
person is among them: neither contacts nor history, nor what a directory's account is called, nor a key's comment.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from provisioner.spec.consortium import Consortium
from provisioner.spec.tenant import Tenant

_OF_CONSORTIUM: Mapping[str, Any] = {
    "version": True,
    "name": True,
    "language": True,
    "policy": True,
    "operators": True,
    "sites": True,
    "servers": True,
    "debian": True,
    "resolvers": True,
    "time_servers": True,
    "mail_relay": True,
    "artifact_mirror": True,
    "acme": {"directory", "country"},
    "administration_networks": True,
    "backends": True,
    "backups": {"hour", "upload_kib", "late_hours"},
    "rings": True,
    "audit": True,
}
_OF_TENANT: Mapping[str, Any] = {
    "version": True,
    "code": True,
    "name": True,
    "designation": True,
    "population": True,
    "region": True,
    "mrc": True,
    "language": True,
    "domains": True,
    "services": {
        "wordpress": True,
        "nextcloud": True,
        "identity": {
            "second_factor": True,
            "administration_networks": True,
            "federation": {"url", "vendor"},
            "broker": {"issuer"},
        },
    },
    "ring": True,
    "retention": True,
    "placement": True,
    "state": True,
    "leaving_until": True,
}
_REFERENCE = re.compile(r"[^\W\d_]{0,12}(?:[-_./ ]?\d{1,8}){1,4}")
"""Such as ÉFVP-2026-12. Words may be anybody's."""
DECLARED = "declared"


def consortium_document(consortium: Consortium) -> dict[str, Any]:
    """`specs/consortium.json`: the ops team's keys as the fingerprints that OpenSSH shows, others without comments."""
    document = consortium.model_dump(mode="json", include=dict(_OF_CONSORTIUM))
    document["administration_keys"] = sorted(map(fingerprint, consortium.administration_keys))
    audit = document["audit"]
    audit["signing_keys"] = [bare(key) for key in audit["signing_keys"]]
    for holder in (*audit["vantage_points"], *audit["cosigners"]):
        holder["public_key"] = bare(holder["public_key"])
    return document


def municipality_document(tenant: Tenant) -> dict[str, Any]:
    """`specs/municipalities/<code>.json`: of contacts, whether there are any."""
    document = tenant.model_dump(mode="json", include=dict(_OF_TENANT))
    document["contacts"] = {
        "administrator": True,
        "privacy_officer": bool(tenant.contacts.privacy_officer.email),
    }
    document["impact_assessment"] = reference(tenant.impact_assessment)
    return document


def bare(key: str) -> str:
    """An OpenSSH public key without its comment, where people's names and addresses stand."""
    return " ".join(key.split()[:2])


def fingerprint(key: str) -> str:
    """Of an OpenSSH public key, as OpenSSH shows it."""
    digest = hashlib.sha256(base64.b64decode(key.split()[1] + "==")).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def reference(text: str | None) -> str | None:
    """A reference that is a number with a prefix as it is; of any other, that there is one."""
    if text is None:
        return None
    return text if _REFERENCE.fullmatch(text) else DECLARED
