"""A small audit as JSON by path: three municipalities on two servers, as AUDIT.md's bundle has it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from provisioner.audit.controls.catalogue import CONTROLS

AUDIT = "5f0c8a2b9d3e4f60718293a4b5c6d7e8"
BEFORE = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
MUNICIPALITIES = {
    "01023": ("Les Îles-de-la-Madeleine", "Municipalité", "Gaspésie–Îles-de-la-Madeleine", 12190),
    "46005": ("Abercorn", "Village", "Estrie", 368),
    "82005": ("L'Ange-Gardien", "Municipalité", "Outaouais", 6102),
}
SUBJECTS = {
    "consortium": ("nuage-commun",),
    "operator": ("coop-exemple", "regie-exemple"),
    "site": ("quebec", "sherbrooke"),
    "server": ("srv1", "srv2"),
    "municipality": tuple(MUNICIPALITIES),
}
HOMES = {"srv1": ("46005", "82005"), "srv2": ("01023",)}
NEXTCLOUD = {"version": "34.0.1.2", "apps": ["calendar", "contacts"], "admins": 0, "admin_last_used": None}
PACKAGES = [
    {
        "name": "nginx",
        "version": "1.26.3-3",
        "arch": "amd64",
        "licence": "BSD-2-Clause",
        "source": "nginx",
    },
    {"name": "postgresql-17", "version": "17.6-0", "arch": "amd64", "licence": "PostgreSQL", "source": "x"},
    {"name": "firmware-oddity", "version": "1", "arch": "all", "licence": None, "source": "x"},
]
COMPONENTS = [
    {"name": "nextcloud", "version": "34.0.1.2", "sha256": "ab" * 32, "licence": "AGPL-3.0-or-later"},
    {"name": "wordpress", "version": "6.8.12", "sha256": "cd" * 32, "licence": "GPL-2.0-or-later"},
]


def consortium() -> dict[str, Any]:
    """What is judged of consortium.yml."""

    def operator(name: str, title: str, form: str) -> dict[str, Any]:
        parent = {"name": title, "country": "CA"}
        return {
            "id": name,
            "name": title,
            "neq": "1140000001",
            "legal_form": form,
            "country": "CA",
            "ultimate_parent": parent,
        }

    def site(name: str, city: str, latitude: float, longitude: float, by: str) -> dict[str, Any]:
        place = {"latitude": latitude, "longitude": longitude}
        return {"id": name, "city": city, "province": "QC", **place, "operator": by}

    def server(name: str, where: str, address: str, roles: list[str]) -> dict[str, Any]:
        return {
            "id": name,
            "site": where,
            "address": address,
            "roles": roles,
            "ssh_host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJfqjXCCapMX/a3ccmITjJBhay3WDwE1aDfi0YCKU0jF",
        }

    return {
        "name": "Nuage commun d'exemple",
        "language": "fr",
        "policy": {"countries": ["CA"], "provinces": ["QC"], "declared_flows": []},
        "operators": [
            operator("coop-exemple", "Coopérative d'hébergement de l'exemple", "cooperative"),
            operator("regie-exemple", "Régie intermunicipale de l'exemple", "public"),
        ],
        "sites": [
            site("sherbrooke", "Sherbrooke", 45.4, -71.9, "coop-exemple"),
            site("quebec", "Québec", 46.81, -71.21, "regie-exemple"),
        ],
        "servers": [
            server("srv1", "sherbrooke", "192.0.2.11", ["apps", "identity"]),
            server("srv2", "quebec", "198.51.100.12", ["apps"]),
        ],
    }


def municipality(code: str) -> dict[str, Any]:
    """What is judged of a tenant; no personal data."""
    name, designation, region, population = MUNICIPALITIES[code]
    return {
        "code": code,
        "name": name,
        "designation": designation,
        "region": region,
        "population": population,
        "language": "fr",
        "contacts": {"privacy_officer": True},
        "domains": {"website": f"www.{code}.example", "nextcloud": f"nuage.{code}.example"},
        "services": {"wordpress": {}, "nextcloud": {"apps": ["calendar"]}, "identity": {}},
        "state": "active",
        "retention": {"logs_days": 90, "backups_days": 365},
    }


def finding(control: str, kind: str, of: str, verdict: str = "satisfied", **more: Any) -> dict[str, Any]:
    """One finding. ``more``: observed, expected, reason, evidence."""
    return {
        "control": control,
        "subject": {"kind": kind, "id": of},
        "verdict": verdict,
        "observed": more.get("observed", {}),
        "expected": more.get("expected", {}),
        "reason": more.get("reason", ""),
        "evidence": more.get("evidence", []),
    }


def findings(bad: Mapping[tuple[str, str], tuple[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """A finding for every control and subject: satisfied, but for ``bad``, by control and subject."""
    found = []
    for control in CONTROLS:
        for one in SUBJECTS[control.kind]:
            verdict, more = bad.get((control.id, one), ("satisfied", {}))
            found.append(finding(control.id, control.kind, one, verdict, **more))
    return found


def documents(
    findings: Iterable[Mapping[str, Any]],
    identifier: str = AUDIT,
    ended: str = "2026-11-24T14:12:09Z",
    previous: str | None = BEFORE,
) -> dict[str, Any]:
    """The parsed JSON of a whole bundle, by path."""
    found: dict[str, Any] = {
        "audit.json": {
            "format": "nuage-audit/1",
            "id": identifier,
            "nonce": "7e" * 32,
            "consortium": consortium()["name"],
            "began": ended.replace(":12:09", ":09:30"),
            "ended": ended,
            "previous": previous,
            "policy": {**consortium()["policy"], "patch_days": 14, "vantage_points": []},
            "plan_digest": "12" * 32,
            "specs": {},
            "software": "0.1.0",
            "subjects": {
                "operators": ["coop-exemple", "regie-exemple"],
                "sites": ["quebec", "sherbrooke"],
                "servers": ["srv1", "srv2"],
                "municipalities": sorted(MUNICIPALITIES),
            },
        },
        "specs/consortium.json": consortium(),
        "registries/lookups.json": {"snapshots": [], "addresses": {}},
        "findings.json": {
            "findings": sorted(
                findings, key=lambda one: (one["control"], one["subject"]["kind"], one["subject"]["id"])
            )
        },
    }
    for code in MUNICIPALITIES:
        found[f"specs/municipalities/{code}.json"] = municipality(code)
    for server, codes in HOMES.items():
        found |= _observed(server, codes)
    return found


def _observed(server: str, codes: Iterable[str]) -> dict[str, Any]:
    base = f"observations/servers/{server}"
    release = {"os_release": "Debian GNU/Linux 13 (trixie)", "kernel": "6.12.48+deb13-amd64"}
    found: dict[str, Any] = {
        f"{base}/system.json": {
            **release,
            "uptime_s": 86400,
            "pending_updates": [],
            "last_update": "2026-11-23T04:00:00Z",
            "reboot_required": False,
        },
        f"{base}/packages.json": PACKAGES,
        f"{base}/components.json": COMPONENTS,
    }
    for code in codes:
        plugin = {"name": "openid-connect-generic", "version": "3.10.0", "licence": "GPL-2.0-or-later"}
        found[f"{base}/tenants/{code}.json"] = {
            "services": {
                "nextcloud": {**NEXTCLOUD, "settings": {}},
                "wordpress": {"constants": {}, "plugins": [plugin], "themes": [], "admins": 1},
            },
            "paths": [f"/srv/tenants/{code}"],
            "egress": [],
        }
    return found


def write(folder: Path, found: Mapping[str, Any]) -> Path:
    """The documents as files of a folder: a bundle without its signatures."""
    for path, content in found.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
        file.write_text(text, encoding="utf-8")
    return folder
