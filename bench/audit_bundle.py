"""Synthetic observations of many municipalities on many servers, as controls read them; signed by each server."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioner.audit.bundle import canonical, layout, origins, sshsig
from provisioner.audit.controls.judge import judge_all
from tests.unit.audit.controls import evidence
from tests.unit.audit.location import simulated

PACKAGES, APPS, SOCKETS, POINTS = 450, 20, 60, 3
ID, NONCE = simulated.AUDIT["id"], simulated.AUDIT["nonce"]
TIME = "2026-11-24T23:30:00Z"
HOMES = ("srv1", "srv2")
"""The two kinds of servers of the model."""


def key_of(server: str) -> Ed25519PrivateKey:
    """A server's host key."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(server.encode()).digest())


def raw(codes: Sequence[str], servers: int) -> dict[str, bytes]:
    """All that is collected and the findings, by path: a municipality has its applications on one server of two
    thirds of them, and its accounts on one of the others.
    """
    names = [f"srv{number:02}" for number in range(servers)]
    apps, identity = names[: servers * 2 // 3], names[servers * 2 // 3 :]
    homes = {code: (apps[n % len(apps)], identity[n % len(identity)]) for n, code in enumerate(codes)}
    model = evidence.good()
    files: dict[str, bytes] = {}
    for path, value in _specs(model, names, apps, homes):
        files[path] = canonical.dumps(value)
    for name in names:
        files |= _server(model, name, name in identity, [c for c, home in homes.items() if name in home])
    documents = {path: canonical.loads(data) for path, data in files.items() if path.endswith(".json")}
    files[layout.FINDINGS] = canonical.dumps({"findings": judge_all(documents)})
    return files


def _specs(
    model: dict[str, Any], names: list[str], apps: list[str], homes: dict[str, tuple[str, str]]
) -> Iterator[tuple[str, Any]]:
    consortium = copy.deepcopy(model[layout.CONSORTIUM])
    kinds = {one["id"]: one for one in consortium["servers"]}
    consortium["servers"] = [
        {
            **kinds[HOMES[name not in apps]],
            "id": name,
            "ssh_host_key": sshsig.key_text(key_of(name).public_key().public_bytes_raw()),
        }
        for name in names
    ]
    points = [
        {"address": None, **simulated.point((45.4 + n / 1000, -71.9), id_=f"point{n}", error_m=10.0)}
        for n in range(POINTS)
    ]
    consortium["audit"]["vantage_points"] = points
    yield layout.CONSORTIUM, consortium
    yield layout.BOUNDARY_INNER, simulated.INNER
    yield layout.BOUNDARY_OUTER, simulated.OUTER
    yield layout.LOOKUPS, model[layout.LOOKUPS]
    subjects = {**model[layout.AUDIT]["subjects"], "servers": names, "municipalities": sorted(homes)}
    audit = {"format": layout.FORMAT, "id": ID, "nonce": NONCE, "consortium": "Banc d'essai", "began": TIME}
    yield layout.AUDIT, {**audit, "ended": TIME, "previous": None, "subjects": subjects}
    for code in homes:
        for path in (layout.municipality_spec(code), layout.browser(code)):
            yield path, _for(model[path.replace(code, evidence.CODE)], code)


def _for(value: Any, code: str) -> Any:  # noqa: ANN401  any JSON
    """The same of another municipality."""
    text = json.dumps(value).replace(evidence.CODE, code).replace("abercorn", f"m{code}")
    return json.loads(text)


def _server(model: dict[str, Any], name: str, identity: bool, codes: list[str]) -> dict[str, bytes]:
    kind, folder = HOMES[identity], f"observations/servers/{name}/"
    model_folder = f"observations/servers/{kind}/"
    said = {
        path.removeprefix(model_folder): copy.deepcopy(value)
        for path, value in model.items()
        if path.startswith(model_folder) and not path.endswith("index.json")
    }
    tenant = said.pop(f"tenants/{evidence.CODE}.json")
    said |= {f"tenants/{code}.json": _large(_for(tenant, code)) for code in codes}
    package = said["packages.json"][0]
    said["packages.json"] = [{**package, "name": f"package-{number:04}"} for number in range(PACKAGES)]
    certificate = said["tls.json"]["certificates"][0]
    said["tls.json"]["certificates"] = [_for(certificate, code) for code in codes]
    said["sockets.json"]["connected"] *= SOCKETS
    files = {folder + path: canonical.dumps(value) for path, value in said.items()}
    index = {
        "format": layout.INDEX_FORMAT,
        **{"audit": ID, "nonce": NONCE, "server": name, "collected": TIME, "boot_id": "0"},
        "files": {
            path.removeprefix(folder): hashlib.sha256(data).hexdigest() for path, data in files.items()
        },
    }
    path = layout.index(name)
    files[path] = canonical.dumps(index)
    files[f"{path}.sig"] = sshsig.sign(key_of(name), files[path], origins.INDEX_NAMESPACE)
    for number in range(POINTS):
        exchange = simulated.Exchange(host_key=key_of(name))
        public = sshsig.key_text(key_of(name).public_key().public_bytes_raw())
        measured = exchange.document(server=name, host_key=public, vantage_point=f"point{number}")
        files[layout.measurement(name, f"point{number}")] = canonical.dumps(measured)
    return files


def _large(tenant: dict[str, Any]) -> dict[str, Any]:
    """With as many apps as a real one."""
    nextcloud = tenant["services"].get("nextcloud")
    if nextcloud is not None:
        nextcloud["apps"] = [{"name": f"app{number}", "version": "1.0.0"} for number in range(APPS)]
    return tenant


def write(files: dict[str, bytes], folder: Path) -> Path:
    """Lay them in a folder."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder
