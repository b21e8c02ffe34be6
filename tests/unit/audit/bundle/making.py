"""A small audit: two servers, three municipalities, one vantage point, and a judge of one line."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioner.audit.bundle import canonical, layout, origins, sshsig
from provisioner.audit.bundle.sealing import Sealer
from provisioner.audit.bundle.verifying import Expected

SERVERS = ("apps-1", "apps-2")
TENANTS = {"apps-1": ("46005", "46010"), "apps-2": ("01023",)}
ID, NONCE = "a" * 32, "b" * 64


def private(name: str) -> Ed25519PrivateKey:
    """The key that this name always has."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def public(name: str) -> bytes:
    """Its 32 public bytes."""
    return private(name).public_key().public_bytes_raw()


def judge(documents: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One finding per server: it waits for nothing."""
    found = []
    for server in documents[layout.CONSORTIUM]["servers"]:
        path = layout.topic(server["id"], "system")
        pending = len(documents[path]["pending_updates"])
        found.append(
            {
                "control": "NC-TEST",
                "subject": {"kind": "server", "id": server["id"]},
                "verdict": "not-satisfied" if pending else "satisfied",
                "observed": {"pending": pending},
                "evidence": [path],
            }
        )
    return found


def index(files: dict[str, bytes], server: str, audit: str = ID, nonce: str = NONCE) -> None:
    """Let a server sign what it says."""
    folder = f"observations/servers/{server}/"
    said = {path.removeprefix(folder): data for path, data in files.items() if path.startswith(folder)}
    value = {
        "format": layout.INDEX_FORMAT,
        "audit": audit,
        "nonce": nonce,
        "server": server,
        "collected": "2026-11-24T12:00:00Z",
        "boot_id": "0",
        "files": {
            name: hashlib.sha256(data).hexdigest()
            for name, data in said.items()
            if not name.startswith("index.json")
        },
    }
    path = layout.index(server)
    files[path] = canonical.dumps(value)
    files[f"{path}.sig"] = sshsig.sign(private(server), files[path], origins.INDEX_NAMESPACE)


def raw(audit: str = ID, nonce: str = NONCE, previous: str | None = None) -> dict[str, bytes]:
    """All that is collected, and the findings."""
    consortium = {
        "servers": [{"id": name, "ssh_host_key": sshsig.key_text(public(name))} for name in SERVERS],
        "audit": {
            "cosigners": [{"id": "laval", "public_key": sshsig.key_text(public("laval"))}],
        },
    }
    values: dict[str, Any] = {layout.CONSORTIUM: consortium}
    files: dict[str, bytes] = {}
    for server in SERVERS:
        values[layout.topic(server, "system")] = {"pending_updates": [], "kernel": "6.12"}
        for code in TENANTS[server]:
            values[layout.municipality_spec(code)] = {"code": code, "name": "Baie-Saint-Paul · é"}
            values[layout.tenant(server, code)] = {"paths": [f"/srv/tenants/{code}"]}
            values[layout.browser(code)] = {"pages": []}
        values[layout.measurement(server, "hall")] = {"server": server, "rounds": [211, 212]}
    files = {path: canonical.dumps(value) for path, value in values.items()}
    for server in SERVERS:
        index(files, server, audit, nonce)
    files[layout.AUDIT] = canonical.dumps(
        {
            "format": layout.FORMAT,
            "id": audit,
            "nonce": nonce,
            "consortium": "Nuage commun",
            "began": "2026-11-24T11:00:00Z",
            "ended": "2026-11-24T13:00:00Z",
            "previous": previous,
            "specs": {},
        }
    )
    files[layout.FINDINGS] = findings(files)
    return files


def findings(files: Mapping[str, bytes]) -> bytes:
    """What the judge says of them."""
    documents = {path: canonical.loads(data) for path, data in files.items() if path.endswith(".json")}
    return canonical.dumps({"findings": judge(documents)})


def write(files: Mapping[str, bytes], folder: Path) -> Path:
    """Lay files in a folder."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def sealer(log: Path, key: str = "ops", **more: Any) -> Sealer:
    """Who seals in these tests."""
    companions = {layout.VERIFY: b"print('verify')\n", layout.README: "Vérifier\n".encode()}
    return Sealer(private(key), log, judge, companions, **more)


def expected(**more: Any) -> Expected:
    """What an auditor knows of it."""
    return Expected(frozenset({public("ops")}), **more)
