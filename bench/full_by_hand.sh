#!/bin/bash
# A municipality's realm, website and Nextcloud on a prepared server, by hand: what `nuage apply` is compared with.
#
#     full_by_hand.sh CODE DOMAIN ALIAS CLOUD
#
# As `by_hand.sh`, whose steps and variables these are, and: the whole realm in one request; Nextcloud's own
# certificate; its database cloned from the golden one; its finished config.php; what is its own besides, by the same
# instance.php, in one process without a sandbox.
#
# REALM: what Keycloak is sent. INSTANCE: what instance.php reads. TREE: of Nextcloud, on the server. GOLDEN: database.
set -euo pipefail
. "$(dirname "$0")/by_hand.sh"
cloud=$4

# --- the realm ---
realm() {
    # Servers have no curl. bash leaves what follows its script to Python.
    { cat <<'REMOTE'; cat "$REALM"; } | on_server bash -euo pipefail -s
python3 -c '
import json, sys, urllib.request
def ask(path, body, **headers):
    headers |= {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}
    return urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:8080" + path, body, headers))
secret = open("/etc/nuage/keycloak/admin-secret").read().strip()
form = f"grant_type=client_credentials&client_id=nuage&client_secret={secret}".encode()
token = json.load(ask("/realms/master/protocol/openid-connect/token", form))["access_token"]
ask("/admin/realms", sys.stdin.buffer.read(), **{"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
'
REMOTE
}

# --- Nextcloud: a limited subvolume, a cloned database, folders, and what is its own ---
nextcloud() {
    on_server bash -euo pipefail -s "$code" "$user" "$GOLDEN" >/dev/null <<'REMOTE'
code=$1 user=$2 golden=$3 base=/srv/postgresql/tenants/$2 home=/srv/tenants/$2/nextcloud
btrfs subvolume create "$base"
btrfs qgroup limit 3G "$base"
chattr +C "$base"
chown postgres:postgres "$base"
chmod 0700 "$base"
PGHOST=/run/postgresql /usr/lib/postgresql/17/bin/psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username=postgres <<SQL
CREATE ROLE $user LOGIN CONNECTION LIMIT 20;
ALTER ROLE $user SET idle_session_timeout = '300s';
ALTER ROLE $user SET transaction_timeout = '900s';
ALTER ROLE $user SET log_min_messages = 'fatal';
CREATE TABLESPACE $user LOCATION '$base';
CREATE DATABASE $user TEMPLATE $golden TABLESPACE $user STRATEGY WAL_LOG;
REVOKE ALL ON DATABASE $user FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE $user TO $user;
\connect $user
REASSIGN OWNED BY golden TO $user;
REVOKE ALL ON SCHEMA public FROM golden;
GRANT USAGE, CREATE ON SCHEMA public TO $user;
SQL
mkdir -p "$home/log" "$home/data" "$home/config"
mv "/etc/nuage/nextcloud/$code.config.php" "$home/config/config.php"
printf '# Nextcloud data directory\n# Do not change this file' >"$home/data/.ncdata"
chown -R "$user:$user" "$home"/*
chmod 0700 "$home/config"
chmod 0750 "$home/data" "$home/log"
chmod 0640 "$home/config/config.php" "$home/data/.ncdata"
chgrp "$user" "/etc/nuage/php/$code-nextcloud.conf"
chmod 0440 "/etc/nuage/php/$code-nextcloud.conf"
REMOTE
    on_server setpriv --reuid "$user" --regid "$user" --clear-groups env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 \
        "NEXTCLOUD_CONFIG_DIR=/srv/tenants/$user/nextcloud/config" "NUAGE_TREE=$TREE" \
        PHP_INI_SCAN_DIR=:/etc/nuage/php/nextcloud.d "TMPDIR=/srv/tenants/$user/tmp" \
        php -d display_errors=stderr /usr/share/nuage/nextcloud/converge/instance.php <"$INSTANCE" >"$work/instance"
    grep -q '"next":""' "$work/instance"
}

sign_in
realm
LIMIT=4G account
finished_files
certificate "$domain" "$alias"
certificate "$cloud"
wordpress
nextcloud
activate "wordpress=$domain" "nextcloud=$cloud"
