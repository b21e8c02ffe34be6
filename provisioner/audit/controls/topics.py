"""The shapes of the documents in a bundle, by what the controls read of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.audit.controls.shapes import (
    address,
    count,
    day,
    fingerprint,
    host,
    moment,
    network,
    number,
    word,
)

AUDIT = {
    "id": word,
    "nonce": word,
    "ended": moment,
    "subjects": {"operators": [word], "sites": [word], "servers": [word], "municipalities": [word]},
}
INDEX = {"audit": word, "nonce": word, "server": word, "files": {str: word}}
CONSORTIUM: Mapping[Any, Any] = {
    "policy": {"countries": [word], "provinces": [word], "legal_forms": [word], "declared_flows": [word]},
    "operators": [
        {
            "id": word,
            "legal_form": word,
            "country": word,
            "ultimate_parent": {"name": word, "country": word},
            "foreign_law": [word],
        }
    ],
    "sites": [{"id": word, "province": word, "latitude": number, "longitude": number, "operator": word}],
    "servers": [
        {
            "id": word,
            "site": word,
            "address": address,
            "ssh_host_key": word,
            "identity_domain": (None, host),
        }
    ],
    "debian": {"mirror": word, "security_mirror": word, "proxy": (None, word)},
    "resolvers": [address],
    "time_servers": [host],
    "mail_relay": {"host": host},
    "artifact_mirror": word,
    "acme": {"directory": word, "country": word},
    "administration_networks": [network],
    "administration_keys": [word],
    "backups?": {"late_hours": count},
    "audit": {
        "vantage_points": [{"id": word, "address": (None, address), "public_key": word}],
        "backup_targets": [{"host": host, "port": (None, count), "site": word}],
        "patch_days": count,
    },
}
_DESTINATIONS = {"allowed_destinations": [network]}
TENANT_SPEC: Mapping[Any, Any] = {
    "code": word,
    "contacts": {"privacy_officer": bool},
    "domains": {"website": host, "website_aliases": [host], "nextcloud": (None, host)},
    "services": {
        "wordpress": (None, _DESTINATIONS),
        "nextcloud": (None, _DESTINATIONS),
        "identity": (None, {"federation": (None, {"url": word}), "broker": (None, {"issuer": word})}),
    },
    "retention": {"logs_days": count},
    "impact_assessment": (None, word),
}
LOOKUPS: Mapping[Any, Any] = {
    "snapshots": [{"kind": word, "sha256": word, "date": day}],
    "names": {str: [address]},
    "addresses": {
        str: {
            "scope?": (None, word),
            "asns": [count],
            "countries": [word],
            "complete": bool,
            "rir_country": (None, word),
        }
    },
}
BROWSER: Mapping[Any, Any] = {
    "pages": [{"url": word, "status": count, "hosts": [{"host": host, "count?": count, "blocked?": count}]}],
}
_PLACES = [{"host": host}]
_STORED = {
    "path": word,
    "device": word,
    "fstype": word,
    "encrypted": frozenset({"luks", "none", "unknown"}),
}
_LICENSED = {"name": word, "version": (None, str), "licence": (None, str)}
_COUNTER = {"uid": (None, count), "chain": word, "packets": count, "verdict": word}

SERVER: Mapping[str, Any] = {
    "system": {
        "uptime_s": count,
        "pending_updates": [{"name": word, "security": bool, "since?": (None, moment)}],
        "last_update": moment,
        "reboot_required": bool,
    },
    "packages": [_LICENSED],
    "components": [_LICENSED],
    "destinations": dict.fromkeys(
        (
            "resolvers",
            "fallback_resolvers",
            "time_servers",
            "fallback_time_servers",
            "mirrors",
            "mail_relay",
            "backup_targets",
            "acme_directory",
            "artifact_mirror",
            "ssh_allowed_from",
        ),
        _PLACES,
    ),
    "sockets": {"connected": [{"remote_address": address, "uid": count, "process": (None, word)}]},
    "egress": {
        "policy": word,
        "counters": [_COUNTER],
        "allowed": [{"uid": (None, count), "chain": word, "destination": network}],
        "ruleset_sha256": word,
    },
    "storage": {"paths": [_STORED], "backups": [{"target": host}]},
    "access": {
        "ssh_keys": [{"user": word, "fingerprint": fingerprint, "forced_command": bool}],
        "sshd": {str: word},
        "sudoers": [word],
        "keycloak_admins": (None, count),
        "database_roles": [{"engine": word, "role": word, "superuser": bool}],
        "last_logins": [{"user": word, "at": moment}],
    },
    "tls": {
        "certificates": [{"names": [host], "not_after": moment, "key": word}],
        "protocols": [word],
        "mail_relay?": word,
    },
    "retention": {"journal_max_days": (None, count), "logs": [{"path": word, "days": (None, count)}]},
    "copies": {
        "kept": [
            {
                "code": word,
                "part": frozenset({"apps", "identity"}),
                "keeper": (None, host),
                "last": (None, moment),
                "failed": bool,
                "drill": (None, {"at": moment, "good": bool}),
            }
        ]
    },
}
"""By topic, under `observations/servers/<server>/`."""

_SETTING = (None, bool, int, str, [(None, str)])
TENANT: Mapping[Any, Any] = {
    "services": {
        "nextcloud?": {
            "readable": bool,
            "settings": {str: _SETTING},
            "app_settings": {str: (None, str)},
            "admins": count,
            "apps": [{"name": word, "version": word}],
            "issuers": [host],
            "external_storages": [host],
        },
        "wordpress?": {
            "constants": {str: _SETTING},
            "options": {str: (None, str)},
            "plugins": [{**_LICENSED, "active": bool}],
            "themes": [{**_LICENSED, "active": bool}],
            "admins": count,
        },
        "identity?": {
            "smtp_host": (None, host),
            "brokers": [{"hosts": [host]}],
            "federation_hosts": [host],
            "admins": count,
            "events_days": (None, count),
        },
    },
    "paths": [_STORED],
    "closed?": bool,
    "egress": [_COUNTER],
}
