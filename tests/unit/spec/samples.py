"""Specs that name every field, and the means to bend them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import yaml

from provisioner.errors import InvalidInputError, Problem
from provisioner.spec import parsing

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLEexampleEXAMPLEexampleEXAMPLEexample0"

CONSORTIUM: dict[str, Any] = {
    "version": 1,
    "name": "Consortium d'essai",
    "language": "fr",
    "policy": {
        "countries": ["CA"],
        "provinces": ["QC"],
        "legal_forms": ["public", "cooperative"],
        "headroom": {"memory": 0.25, "disk": 0.1},
        "upgrade_days": 14,
        "rebuild_first": [],
        "declared_flows": ["acme"],
    },
    "operators": [
        {
            "id": "coop",
            "name": "Coopérative",
            "neq": "1140000001",
            "legal_form": "cooperative",
            "country": "CA",
            "ultimate_parent": {"name": "Coopérative", "country": "CA"},
            "foreign_law": ["US"],
        }
    ],
    "sites": [
        {
            "id": "sherbrooke",
            "city": "Sherbrooke",
            "province": "QC",
            "latitude": 45.4,
            "longitude": -71.9,
            "operator": "coop",
        }
    ],
    "servers": [
        {
            "id": "srv1",
            "site": "sherbrooke",
            "address": "192.0.2.11",
            "ssh_port": 2222,
            "ssh_host_key": KEY,
            "ssh_user": "root",
            "memory_gib": 8,
            "disk_gib": 500,
            "roles": ["apps", "identity"],
            "fault_domain": "a",
            "closed": False,
            "lost": False,
            "data_device": "/dev/vdb",
            "identity_domain": "identite.example",
            "realms": 150,
        },
        {
            "id": "srv2",
            "site": "sherbrooke",
            "address": "192.0.2.12",
            "ssh_host_key": KEY,
            "memory_gib": 16,
            "disk_gib": 400,
            "roles": ["apps"],
            "fault_domain": "b",
        },
    ],
    "debian": {
        "mirror": "https://debian.example/debian",
        "security_mirror": "https://debian.example/security",
        "proxy": "http://192.0.2.1:3142",
    },
    "resolvers": ["192.0.2.53"],
    "time_servers": ["ntp.example"],
    "mail_relay": {
        "host": "relais.example",
        "port": 587,
        "tls": "starttls",
        "sender_domain": "courriel.example",
    },
    "artifact_mirror": "https://artefacts.example/",
    "acme": {
        "directory": "https://acme.example/directory",
        "country": "CA",
        "contact": "equipe@consortium.example",
        "authority_file": "autorite.pem",
    },
    "identity_authorities": ["mairie.pem"],
    "administration_networks": ["203.0.113.0/28"],
    "administration_keys": [f"{KEY} equipe"],
    "backends": {"database": "local"},
    "backups": {"hour": 2, "upload_kib": 2048, "late_hours": 48, "contact": "garde@consortium.example"},
    "rings": ["pilote", "courant"],
    "audit": {
        "vantage_points": [
            {
                "id": "universite",
                "address": "192.0.2.200",
                "latitude": 45.38,
                "longitude": -71.93,
                "position_error_m": 50,
                "public_key": f"{KEY[:-1]}1 universite",
            }
        ],
        "signing_keys": [f"{KEY[:-1]}2 equipe"],
        "cosigners": [{"id": "abercorn", "public_key": f"{KEY[:-1]}3"}],
        "backup_targets": [{"host": "192.0.2.90", "port": 22, "site": "sherbrooke"}],
        "patch_days": 7,
        "time_stamp_authority": "https://horodatage.example/",
    },
}

TENANT: dict[str, Any] = {
    "version": 1,
    "code": "01023",
    "name": "Les Îles-de-la-Madeleine",
    "designation": "Municipalité",
    "population": 12451,
    "region": "Gaspésie–Îles-de-la-Madeleine",
    "mrc": "Les Îles-de-la-Madeleine",
    "language": "fr",
    "contacts": {
        "administrator": {
            "name": "Direction",
            "email": "direction@iles.example",
            "telephone": "418 555-0100",
        },
        "privacy_officer": {"name": "Greffe", "email": "greffe@iles.example"},
    },
    "domains": {
        "website": "www.iles.example",
        "website_aliases": ["iles.example"],
        "nextcloud": "nuage.iles.example",
    },
    "services": {
        "wordpress": {
            "size": "medium",
            "mode": "resident",
            "memory_mib": 256,
            "disk_mib": 2048,
            "allowed_destinations": ["192.0.2.80/32"],
            "sign_in": "accounts",
        },
        "nextcloud": {
            "size": "medium",
            "mode": "resident",
            "memory_mib": 512,
            "disk_mib": 20480,
            "person_quota_mib": 1024,
            "locking": "redis",
            "apps": ["calendar", "contacts"],
            "allowed_destinations": ["192.0.2.81/32"],
        },
        "identity": {
            "second_factor": "everyone",
            "administration_networks": ["192.0.2.128/25"],
            "federation": {
                "url": "ldaps://annuaire.iles.example",
                "vendor": "active-directory",
                "bind_dn": "cn=lecture,dc=iles,dc=example",
                "users_dn": "ou=gens,dc=iles,dc=example",
                "groups_dn": "ou=groupes,dc=iles,dc=example",
                "username_attribute": "sAMAccountName",
                "user_filter": "(memberOf=cn=nuage,dc=iles,dc=example)",
            },
            "broker": {
                "issuer": "https://comptes.iles.example/",
                "client_id": "nuage",
                "name": "Compte de la Ville",
            },
        },
    },
    "ring": "pilote",
    "retention": {"logs_days": 30, "backups_days": 60},
    "impact_assessment": "ÉFVP 2026-04",
    "placement": {"only": ["srv1", "srv2"], "avoid": ["srv2"]},
    "export_key": KEY,
    "state": "leaving",
    "leaving_until": "2027-06-30",
    "history": [
        {"at": "2026-11-23T14:00:00Z", "by": "equipe", "action": "request", "reason": "Ligne un\nligne deux"}
    ],
}

SPECS = {"consortium": CONSORTIUM, "tenant": TENANT}
Step = str | int


def text(value: object) -> bytes:
    """YAML in block style, fields in the given order, a line per field."""
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=1000).encode()


def changed(spec: str, path: tuple[Step, ...], value: object) -> dict[str, Any]:
    """A copy of the sample with ``value`` at ``path``."""
    copied = copy.deepcopy(SPECS[spec])
    parent = at(copied, path[:-1])
    parent[path[-1]] = value
    return copied


def without(spec: str, path: tuple[Step, ...]) -> dict[str, Any]:
    """A copy of the sample without the field at ``path``."""
    copied = copy.deepcopy(SPECS[spec])
    del at(copied, path[:-1])[path[-1]]
    return copied


def at(value: Any, path: tuple[Step, ...]) -> Any:
    """What lies at ``path``."""
    for step in path:
        value = value[step]
    return value


def places(value: object, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """The paths of all fields and list items, blocks included."""
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, step)
            yield from places(inner, (*path, step))


def parse(spec: str, content: bytes) -> object:
    """The model of ``content``."""
    return {"consortium": parsing.consortium, "tenant": parsing.tenant}[spec](content, f"{spec}.yml")


def problems(spec: str, content: bytes) -> tuple[Problem, ...]:
    """What is wrong with ``content``; nothing when it is valid."""
    try:
        parse(spec, content)
    except InvalidInputError as error:
        return error.problems
    return ()
