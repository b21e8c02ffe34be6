"""The documents of a small audit in which everything that needs no measurement is as it ought to be."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Mapping
from typing import Any

from provisioner.audit.controls.judge import judge_all

AUDIT, NONCE = "5f0c8a2b9d3e4f60718293a4b5c6d7e8", "7e" * 32
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJfqjXCCapMX/a3ccmITjJBhay3WDwE1aDfi0YCKU0jF"
OTHER_HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKkDXDFNPYBRSGXN8gGRDsqEuNSEN8gkwvLU6TwmzjlP"
TEAM = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIARE3FRvu7MohiBVqb+WpjialTCCYsm3RhdTmFWUpz03"
RESOLVER, TIME, MIRROR, RELAY, AUTHORITY = (
    "24.200.0.1",
    "24.200.0.2",
    "24.200.0.3",
    "24.200.0.4",
    "24.200.0.5",
)
VAULT, SERVER, IDENTITY = "24.200.0.6", "24.200.0.11", "24.200.0.12"
AT_HOME = {
    "prefix": "24.200.0.0/16",
    "asns": [5769],
    "org": "Videotron",
    "countries": ["CA"],
    "complete": True,
    "rir_country": "CA",
}
ABROAD = {
    "prefix": "8.8.8.0/24",
    "asns": [15169],
    "org": "Google",
    "countries": ["US"],
    "complete": True,
    "rir_country": "US",
}
CODE, UID = "46005", 20001


def fingerprint(public_key: str) -> str:
    """As OpenSSH shows it."""
    digest = hashlib.sha256(base64.b64decode(public_key.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def _consortium() -> dict[str, Any]:
    def server(name: str, address: str, roles: list[str], domain: str | None) -> dict[str, Any]:
        return {
            "id": name,
            "site": "sherbrooke",
            "address": address,
            "ssh_host_key": HOST_KEY if domain is None else OTHER_HOST_KEY,
            "roles": roles,
            "identity_domain": domain,
        }

    return {
        "name": "Consortium d'essai",
        "policy": {
            "countries": ["CA"],
            "provinces": ["QC"],
            "legal_forms": ["cooperative", "public"],
            "declared_flows": [],
        },
        "operators": [
            {
                "id": "coop",
                "name": "Coopérative",
                "legal_form": "cooperative",
                "country": "CA",
                "ultimate_parent": {"name": "Coopérative", "country": "CA"},
                "foreign_law": [],
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
            server("srv1", SERVER, ["apps"], None),
            server("srv2", IDENTITY, ["identity"], "identite.example"),
        ],
        "debian": {
            "mirror": "https://debian.example/debian",
            "security_mirror": "https://debian.example/security",
            "proxy": None,
        },
        "resolvers": [RESOLVER],
        "time_servers": [TIME],
        "mail_relay": {"host": "relais.example", "port": 587, "sender_domain": "courriel.example"},
        "artifact_mirror": "https://debian.example/archives/",
        "acme": {"directory": "https://acme.example/directory", "country": "CA"},
        "administration_networks": ["203.0.113.0/28"],
        "administration_keys": [TEAM],
        "backups": {"hour": 1, "late_hours": 30},
        "audit": {
            "vantage_points": [],
            "signing_keys": [],
            "cosigners": [],
            "backup_targets": [{"host": VAULT, "port": 22, "site": "sherbrooke"}],
            "patch_days": 14,
            "time_stamp_authority": None,
        },
    }


def _municipality() -> dict[str, Any]:
    return {
        "code": CODE,
        "name": "Abercorn",
        "contacts": {"privacy_officer": True},
        "domains": {
            "website": "www.abercorn.example",
            "website_aliases": ["abercorn.example"],
            "nextcloud": "nuage.abercorn.example",
        },
        "services": {
            "wordpress": {"allowed_destinations": ["24.200.9.0/24"]},
            "nextcloud": {"allowed_destinations": []},
            "identity": {
                "federation": {"url": "ldaps://annuaire.abercorn.example"},
                "broker": {"issuer": "https://comptes.abercorn.example/"},
            },
        },
        "retention": {"logs_days": 90, "backups_days": 365},
        "impact_assessment": "ÉFVP 2026-04",
        "state": "active",
    }


def _place(host: str, source: str = "/etc/essai", port: int | None = None) -> dict[str, Any]:
    return {"host": host, "port": port, "source": source}


def _stored(path: str) -> dict[str, Any]:
    return {
        "path": path,
        "device": "/dev/mapper/donnees",
        "fstype": "btrfs",
        "mount": "/srv",
        "encrypted": "luks",
        "bytes": 1024,
    }


def _counter(chain: str, verdict: str, uid: int | None = None) -> dict[str, Any]:
    return {"uid": uid, "chain": chain, "destination": None, "packets": 0, "bytes": 0, "verdict": verdict}


def _egress() -> dict[str, Any]:
    def allowed(chain: str, destination: str, uid: int | None = None) -> dict[str, Any]:
        return {"uid": uid, "chain": chain, "destination": destination, "port": 443}

    return {
        "policy": "drop",
        "counters": [
            _counter("output", "refused"),
            _counter(f"t{CODE}", "allowed", UID),
            _counter(f"t{CODE}", "refused", UID),
        ],
        "allowed": [
            allowed("host", RESOLVER),
            allowed("tenants", RELAY),
            allowed(f"t{CODE}", "24.200.9.0/24", UID),
            allowed(f"t{CODE}", IDENTITY, UID),
        ],
        "ruleset_sha256": "ab" * 32,
    }


def _topics(identity: bool) -> dict[str, Any]:
    free = {"version": "1.0-1", "arch": "amd64", "source": "x"}
    return {
        "system": {
            "os_release": {"ID": "debian", "VERSION_ID": "13"},
            "kernel": "6.12",
            "uptime_s": 86400,
            "pending_updates": [{"name": "nano", "installed": "1", "candidate": "2", "security": False}],
            "last_update": "2026-11-23T04:00:00Z",
            "reboot_required": False,
        },
        "packages": [
            {"name": "nginx", "licence": "BSD-2-clause", **free},
            {"name": "php8.4", "licence": "PHP-3.01; GPL-2+ or Artistic", **free},
        ],
        "components": [
            {"name": "nextcloud", "version": "34.0.1", "sha256": "ab" * 32, "licence": "AGPL-3.0-or-later"}
        ],
        "destinations": {
            "resolvers": [_place(RESOLVER, "/etc/resolv.conf", 53)],
            "fallback_resolvers": [],
            "time_servers": [_place(TIME)],
            "fallback_time_servers": [],
            "mirrors": [_place("debian.example")],
            "mail_relay": [_place("relais.example", "/etc/msmtprc", 587)],
            "backup_targets": [_place(VAULT)],
            "acme_directory": [_place("acme.example")],
            "artifact_mirror": [],
            "ssh_allowed_from": [_place("203.0.113.0/28")],
        },
        "sockets": {
            "listening": [
                {"protocol": "tcp", "address": "0.0.0.0", "port": 443, "process": "nginx", "uid": 0}
            ],
            "connected": [
                {
                    "protocol": "tcp",
                    "local": SERVER,
                    "remote_address": "24.200.9.7",
                    "remote_port": 443,
                    "process": "php-fpm",
                    "uid": UID,
                }
            ],
            "inbound": [{"port": 443, "count": 3}],
        },
        "egress": _egress(),
        "storage": {
            "paths": [_stored("/srv"), _stored("/var/log/journal")],
            "backups": [{"target": VAULT, "port": 22, "site": None}],
        },
        "access": {
            "ssh_keys": [
                {
                    "user": "nuage",
                    "fingerprint": fingerprint(TEAM),
                    "type": "ssh-ed25519",
                    "forced_command": False,
                    "last_used": "2026-11-24T13:00:00Z",
                }
            ],
            "sshd": {
                "passwordauthentication": "no",
                "kbdinteractiveauthentication": "no",
                "permitemptypasswords": "no",
                "permitrootlogin": "prohibit-password",
                "pubkeyauthentication": "yes",
            },
            "sudoers": ["%sudo", "nuage", "root"],
            "keycloak_admins": 1 if identity else None,
            "database_roles": [
                {"engine": "postgresql", "role": "postgres", "superuser": True, "last_used": None},
                {"engine": "mariadb", "role": f"t{CODE}", "superuser": False, "last_used": None},
            ],
            "last_logins": [{"user": "nuage", "at": "2026-11-24T13:00:00Z"}],
        },
        "tls": {
            "certificates": [
                {
                    "domain": "www.abercorn.example",
                    "names": ["www.abercorn.example", "abercorn.example", "nuage.abercorn.example"],
                    "issuer": "Autorité",
                    "not_after": "2027-01-15T00:00:00Z",
                    "key": "id-ecPublicKey 256",
                }
            ],
            "protocols": ["TLSv1.2", "TLSv1.3"],
            "mail_relay": "starttls",
        },
        "retention": {"journal_max_days": 90, "logs": [{"path": "/var/log/nginx/*.log", "days": 14}]},
        "copies": {
            "kept": [
                {
                    "code": CODE,
                    "part": "identity" if identity else "apps",
                    "keeper": VAULT,
                    "last": "2026-11-24T03:12:00Z",
                    "failed": False,
                    "drill": {"at": "2026-11-22T16:00:00Z", "good": True},
                }
            ]
        },
    }


def _applications() -> dict[str, Any]:
    return {
        "services": {
            "nextcloud": {
                "readable": True,
                "settings": {
                    "updatechecker": False,
                    "appstoreenabled": False,
                    "has_internet_connection": False,
                    "connectivity_check_domains": [],
                    "lookup_server": "",
                    "reference_opengraph": False,
                    "mail_smtphost": "relais.example",
                    "proxy": None,
                },
                "app_settings": {"files_sharing.lookupServerEnabled": "no"},
                "version": "34.0.1.2",
                "admins": 1,
                "admin_last_used": None,
                "apps": [{"name": "calendar", "version": "6.0.0"}],
                "issuers": ["identite.example"],
                "external_storages": [],
            },
            "wordpress": {
                "constants": {
                    "WP_HTTP_BLOCK_EXTERNAL": True,
                    "AUTOMATIC_UPDATER_DISABLED": True,
                    "WP_ACCESSIBLE_HOSTS": ["identite.example"],
                },
                "options": {"show_avatars": "0"},
                "plugins": [
                    {"name": "oidc", "version": "3.10.0", "licence": "GPL-2.0-or-later", "active": True}
                ],
                "themes": [{"name": "nuage-municipal", "version": "1", "licence": "GPL-3.0", "active": True}],
                "admins": 2,
            },
        },
        "paths": [{"kind": "files", **_stored(f"/srv/tenants/t{CODE}")}],
        "egress": [_counter(f"t{CODE}", "allowed", UID), _counter(f"t{CODE}", "refused", UID)],
    }


def _accounts() -> dict[str, Any]:
    return {
        "services": {
            "identity": {
                "settings": {"enabled": True},
                "smtp_host": "relais.example",
                "brokers": [{"provider": "oidc", "hosts": ["comptes.abercorn.example"]}],
                "federation_hosts": ["annuaire.abercorn.example"],
                "event_listeners": [],
                "admins": 2,
                "events_days": 90,
            }
        },
        "paths": [],
        "egress": [],
    }


def good() -> dict[str, Any]:
    """The parsed JSON of the bundle, by path."""
    names = {
        "debian.example": [MIRROR],
        "relais.example": [RELAY],
        "acme.example": [AUTHORITY],
        "annuaire.abercorn.example": ["24.200.0.8"],
        "comptes.abercorn.example": ["24.200.0.9"],
    }
    addresses = [RESOLVER, TIME, MIRROR, RELAY, AUTHORITY, VAULT, SERVER, IDENTITY, "24.200.9.7"]
    snapshots = [
        {"name": "pfx2as", "kind": "pfx2as", "sha256": "ab" * 32, "date": "2026-11-20", "rows": 1000000}
    ]
    page = {"host": "www.abercorn.example", "address": SERVER, "kind": "document", "count": 4}
    found: dict[str, Any] = {
        "audit.json": {
            "format": "nuage-audit/1",
            "id": AUDIT,
            "nonce": NONCE,
            "ended": "2026-11-24T14:12:09Z",
            "subjects": {
                "operators": ["coop"],
                "sites": ["sherbrooke"],
                "servers": ["srv1", "srv2"],
                "municipalities": [CODE],
            },
        },
        "specs/consortium.json": _consortium(),
        f"specs/municipalities/{CODE}.json": _municipality(),
        f"observations/browser/{CODE}.json": {
            "pages": [
                {"url": "https://www.abercorn.example/", "status": 200, "hosts": [page]},
                {"url": "https://nuage.abercorn.example/", "status": 200, "hosts": [page]},
            ]
        },
        "registries/lookups.json": {
            "snapshots": snapshots,
            "names": names,
            "addresses": dict.fromkeys(addresses, AT_HOME),
        },
    }
    for server, tenant in (("srv1", _applications()), ("srv2", _accounts())):
        topics = {f"{name}.json": said for name, said in _topics(identity=server == "srv2").items()}
        topics[f"tenants/{CODE}.json"] = tenant
        index = {"audit": AUDIT, "nonce": NONCE, "server": server, "files": dict.fromkeys(topics, "ab" * 32)}
        found |= {f"observations/servers/{server}/{path}": said for path, said in topics.items()}
        found[f"observations/servers/{server}/index.json"] = index
    return copy.deepcopy(found)


def verdicts(documents: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    """Verdict and reason by control and subject."""
    return {
        (one["control"], one["subject"]["id"]): (one["verdict"], one["reason"])
        for one in judge_all(documents)
    }
