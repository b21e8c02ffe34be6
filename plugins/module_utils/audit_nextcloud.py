# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an audit takes down of a municipality's Nextcloud."""

from __future__ import annotations

from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_php, postgresql
from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_shapes as shapes
from ansible_collections.nuage_commun.platform.plugins.module_utils.audit_application import (
    LINK,
    SPACED,
    TEXT,
    as_tenant,
    taken,
)

NEXTCLOUD = {
    **dict.fromkeys(
        (
            "allow_local_remote_servers",
            "appstoreenabled",
            "auth.bruteforce.protection.enabled",
            "config_is_read_only",
            "debug",
            "files_external_allow_create_new_local",
            "gs.enabled",
            "has_internet_connection",
            "hide_login_form",
            "integrity.check.disabled",
            "knowledgebaseenabled",
            "mail_smtpauth",
            "maintenance",
            "reference_opengraph",
            "updatechecker",
            "upgrade.disable-web",
        ),
        bool,
    ),
    **dict.fromkeys(("activity_expire_days", "loglevel", "mail_smtpport", "session_lifetime"), int),
    **dict.fromkeys(
        (
            "appstoreurl",
            "customclient_android",
            "customclient_desktop",
            "customclient_ios",
            "lookup_server",
            "mail_smtphost",
            "overwrite.cli.url",
            "proxy",
            "updater.server.url",
        ),
        LINK,
    ),
    **dict.fromkeys(("connectivity_check_domains", "trusted_domains", "trusted_proxies"), list),
    **dict.fromkeys(
        (
            "dbtype",
            "mail_smtpmode",
            "mail_smtpsecure",
            "memcache.local",
            "memcache.locking",
            "overwriteprotocol",
            "trashbin_retention_obligation",
            "versions_retention_obligation",
        ),
        TEXT,
    ),
}
"""Settings of config.php that are taken down, and as what. Of an address, the host alone."""
APPS = {
    "core": (
        "backgroundjobs_mode",
        "shareapi_default_expire_date",
        "shareapi_enable_link_password_by_default",
        "shareapi_expire_after_n_days",
    ),
    "files_sharing": (
        "incoming_server2server_group_share_enabled",
        "incoming_server2server_share_enabled",
        "lookupServerEnabled",
        "lookupServerUploadEnabled",
        "outgoing_server2server_group_share_enabled",
        "outgoing_server2server_share_enabled",
    ),
    "password_policy": ("enforceHaveIBeenPwned", "minLength"),
    "user_oidc": ("allow_multiple_user_backends",),
}
PAIRS = ", ".join(f"('{app}', '{key}')" for app, keys in APPS.items() for key in keys)
IN_POSTGRESQL = f"""
SELECT 'app', appid, configkey, left(configvalue, 60) FROM public.oc_appconfig
 WHERE configkey IN ('enabled', 'installed_version');
SELECT 'setting', appid, configkey, left(configvalue, 60) FROM public.oc_appconfig
 WHERE (appid, configkey) IN ({PAIRS});
SELECT 'admins', count(*) FROM public.oc_group_user WHERE gid = 'admin';
SELECT 'used', max(configvalue) FROM public.oc_preferences p JOIN public.oc_group_user g ON g.uid = p.userid
 WHERE g.gid = 'admin' AND p.appid = 'login' AND p.configkey = 'lastLogin' AND configvalue ~ '^[0-9]{{1,12}}$';
SELECT 'issuer', left(discovery_endpoint, 300) FROM public.oc_user_oidc_providers;
SELECT 'external', left(value, 300) FROM public.oc_external_config WHERE key = 'host';
"""
PSQL = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--field-separator=\t"]
UNKNOWN = {"admins": None, "admin_last_used": None, "apps": None, "issuers": None, "external_storages": None}


def nextcloud(code):
    """What there is of Nextcloud; None where the municipality has none here."""
    home = shapes.home_of(code) / "nextcloud"
    texts = [shapes.read(home / "config" / "config.php")]
    if not texts[0]:
        return None
    others = [name for name in shapes.entries(home / "config") if name.endswith(".config.php")]
    texts += [shapes.read(home / "config" / name) for name in others]
    found = nextcloud_settings(texts)
    answers = as_tenant(code, [postgresql.PSQL, *PSQL, f"--dbname=t{code}"], IN_POSTGRESQL)
    return {**found, **nextcloud_database(answers)} if answers is not None else {**found, **UNKNOWN}


def nextcloud_settings(texts):
    """Settings of config.php and of the files beside it, which Nextcloud adds to it."""
    merged, readable = {}, True
    for text in texts:
        try:
            merged |= audit_php.configuration(text)
        except audit_php.UnreadableError:
            readable = False
    settings = {name: taken(merged.get(name), kind) for name, kind in NEXTCLOUD.items()}
    return {"readable": readable, "settings": settings, "version": shapes.version(merged.get("version"))}


def nextcloud_database(answers):
    apps, settings = {}, {}
    for row in answers:
        if row[0] == "app" and len(row) == 4:
            apps.setdefault(row[1], {})[row[2]] = row[3]
        elif row[0] == "setting" and len(row) == 4:
            settings[f"{row[1]}.{row[2]}"] = shapes.shaped(row[3], SPACED)
    first = {row[0]: row[1] for row in reversed(answers) if len(row) == 2}
    return {
        "admins": shapes.number(first.get("admins")),
        "admin_last_used": shapes.rfc3339(shapes.number(first.get("used"))) if first.get("used") else None,
        "apps": [
            {"name": shapes.word(name), "version": shapes.version(said.get("installed_version"))}
            for name, said in sorted(apps.items())
            if said.get("enabled", "no") != "no"
        ],
        "app_settings": settings,
        "issuers": hosts(answers, "issuer"),
        "external_storages": hosts(answers, "external"),
    }


def hosts(answers, kind):
    return sorted({shapes.place(row[1], "")["host"] for row in answers if row[0] == kind and len(row) == 2})
