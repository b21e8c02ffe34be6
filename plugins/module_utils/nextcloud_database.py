# SPDX-License-Identifier: AGPL-3.0-or-later
"""The golden database of Nextcloud, from which every municipality's is cloned."""

from __future__ import annotations

from ansible_collections.nuage_commun.platform.plugins.module_utils import postgresql, postgresql_tenant

SOCKETS = "/run/postgresql"
GOLDEN_ROLE = "golden"

OF_AN_INSTANCE = (
    "accounts",
    "accounts_data",
    "authtoken",
    "bruteforce_attempts",
    "filecache",
    "filecache_extended",
    "jobs_runs",
    "login_flow_v2",
    "mounts",
    "notifications",
    "oauth2_access_tokens",
    "oauth2_clients",
    "preferences",
    "preferences_ex",
    "share",
    "storages",
    "storages_credentials",
    "trusted_servers",
    "user_oidc_providers",
    "user_oidc_sessions",
    "users",
    "webauthn",
    "webhook_listeners",
    "webhook_tokens",
)
"""Tables of what an instance, or a person in it, has of its own. Those that this version lacks are passed over."""

SETTLE = """
-- A sequence says in the log, ahead of time, 32 numbers at once. A clone copies what is left of them, but not that they
-- were said: after a power cut it would give numbers again that rows have already. Set, nothing is left of them.
SELECT format('SELECT setval(%L, last_value, is_called) FROM public.%I', 'public.' || quote_ident(relname), relname)
 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' \\gexec
"""

SEAL = """
SELECT format('DELETE FROM public.%I', relname) FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname IN ({tables}) \\gexec
-- 1: what Nextcloud marks as sensitive and encrypts with the instance's secret.
DELETE FROM public.oc_appconfig WHERE (type & 1) = 1 OR configvalue LIKE '$AppConfigEncryption$%'
 OR appid = 'core' AND configkey IN ('installedat', 'lastupdatedat', 'lastcron', 'lastjob')
 OR appid = 'theming' AND configkey = 'cachebuster';
UPDATE public.oc_jobs SET last_run = 0, reserved_at = 0, execution_duration = 0;
{settle}VACUUM (FULL);
"""
"""The golden instance has nothing of its own left, so that no clone can take it over."""


def others(database):
    """Golden databases of former editions."""
    found = postgresql.sql("SELECT datname FROM pg_database WHERE datname LIKE 'golden\\_%';")
    return [name for name in found if name != database and postgresql_tenant.GOLDEN.fullmatch(name)]


def settle_sequences(database):
    """For a database that was cloned while it had its numbers."""
    postgresql.sql(SETTLE, database)


def seal(database):
    """Empty what is an instance's own, close the database, and drop those of former editions."""
    tables = ", ".join(f"'oc_{name}'" for name in OF_AN_INSTANCE)
    postgresql.sql(SEAL.format(tables=tables, settle=SETTLE), database)
    postgresql_tenant.finish_golden(database)
    for name in others(database):
        postgresql_tenant.drop_golden(name)
