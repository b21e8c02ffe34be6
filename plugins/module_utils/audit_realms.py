# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Keycloak's database says of each municipality's realm: one question for all, and nobody's name."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_shapes as shapes
from ansible_collections.nuage_commun.platform.plugins.module_utils import postgresql
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError

OURS = "^[0-9]{5}$"
QUESTION = f"""
SELECT name, 'realm', enabled, ssl_required, events_enabled, events_expiration, registration_allowed, verify_email
  FROM public.realm WHERE name ~ '{OURS}';
SELECT r.name, 'attribute', a.name, left(a.value, 20)
  FROM public.realm_attribute a JOIN public.realm r ON r.id = a.realm_id
 WHERE r.name ~ '{OURS}' AND a.name IN ('adminEventsExpiration', 'bruteForceProtected');
SELECT r.name, 'smtp', s.name, left(s.value, 260)
  FROM public.realm_smtp_config s JOIN public.realm r ON r.id = s.realm_id
 WHERE r.name ~ '{OURS}' AND s.name IN ('host', 'port', 'starttls', 'ssl', 'auth');
SELECT r.name, 'broker', p.provider_alias, p.provider_id, c.name, left(c.value, 500)
  FROM public.identity_provider p JOIN public.realm r ON r.id = p.realm_id
  JOIN public.identity_provider_config c ON c.identity_provider_id = p.internal_id
 WHERE r.name ~ '{OURS}' AND p.enabled
   AND c.name IN ('authorizationUrl', 'issuer', 'jwksUrl', 'logoutUrl', 'tokenUrl', 'userInfoUrl',
                  'singleSignOnServiceUrl', 'singleLogoutServiceUrl', 'metadataDescriptorUrl');
SELECT r.name, 'federation', left(c.value, 500) FROM public.component k JOIN public.realm r ON r.id = k.realm_id
  JOIN public.component_config c ON c.component_id = k.id
 WHERE r.name ~ '{OURS}' AND k.provider_type = 'org.keycloak.storage.UserStorageProvider' AND c.name = 'connectionUrl';
SELECT r.name, 'admins', count(DISTINCT m.user_id) FROM public.realm r
  LEFT JOIN public.keycloak_group g ON g.realm_id = r.id AND g.name = 'administrateurs'
  LEFT JOIN public.user_group_membership m ON m.group_id = g.id
 WHERE r.name ~ '{OURS}' GROUP BY r.name;
SELECT r.name, 'listener', l.value FROM public.realm_events_listeners l JOIN public.realm r ON r.id = l.realm_id
 WHERE r.name ~ '{OURS}';
"""
DAY_S = 86400


def realms():
    """Every municipality's realm by its code; none where there is no Keycloak."""
    if not Path("/etc/nuage/keycloak").is_dir():
        return {}
    try:
        return described([line.split("\t") for line in postgresql.sql(QUESTION, "keycloak")])
    except ProgramError:
        return {}


def described(rows):
    found = {}
    for code, kind, *values in rows:
        if not shapes.CODE.match(code):
            continue
        realm = found.setdefault(
            code, {"settings": {}, "brokers": {}, "federation": set(), "listeners": set()}
        )
        _take(realm, kind, values)
    return {code: _shown(realm) for code, realm in found.items()}


def _take(realm, kind, values):
    if kind == "realm":
        names = (
            "enabled",
            "ssl_required",
            "events_enabled",
            "events_expiration",
            "registration_allowed",
            "verify_email",
        )
        realm["settings"] |= dict(zip(names, values, strict=False))
    elif kind in ("attribute", "smtp"):
        prefix = "smtp_" if kind == "smtp" else ""
        realm["settings"][prefix + values[0]] = values[1]
    elif kind == "broker":
        alias, provider, _name, url = values
        broker = realm["brokers"].setdefault(alias, {"provider": provider, "hosts": set()})
        if url:
            broker["hosts"].add(shapes.place(url, "")["host"])
    elif kind == "federation":
        realm["federation"] |= {shapes.place(url, "")["host"] for url in values[0].split()}
    elif kind == "listener":
        realm["listeners"].add(values[0])
    elif kind == "admins":
        realm["admins"] = values[0]


def _shown(realm):
    said = realm["settings"]
    return {
        "settings": {
            "enabled": shapes.flag(said.get("enabled")),
            "ssl_required": shapes.word(said.get("ssl_required")),
            "registration_allowed": shapes.flag(said.get("registration_allowed")),
            "verify_email": shapes.flag(said.get("verify_email")),
            "brute_force_protected": shapes.flag(said.get("bruteForceProtected")),
            "events_enabled": shapes.flag(said.get("events_enabled")),
        },
        "smtp_host": shapes.host(said.get("smtp_host")),
        "smtp_port": shapes.port(said.get("smtp_port")),
        "smtp_starttls": shapes.flag(said.get("smtp_starttls")),
        "brokers": [
            {"provider": shapes.word(one["provider"]), "hosts": sorted(one["hosts"])}
            for _alias, one in sorted(realm["brokers"].items())
        ],
        "federation_hosts": sorted(realm["federation"]),
        "event_listeners": sorted(filter(None, map(shapes.word, realm["listeners"]))),
        "admins": shapes.number(realm.get("admins")),
        "events_days": _days(said.get("events_expiration")),
        "admin_events_days": _days(said.get("adminEventsExpiration")),
    }


def _days(seconds):
    found = shapes.number(seconds)
    return round(found / DAY_S) if found else None
