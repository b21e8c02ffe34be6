#!/bin/bash
# Runs on the server: seconds of Nextcloud's own `occ maintenance:install`, as the account of the golden instance.
set -euo pipefail
# What PostgreSQL lets that account reach.
name=golden_bench
place=$(mktemp -d /srv/bench-XXXXXX)
tree=$(sed -nE 's/.*"tree": "([^"]*)".*/\1/p' /var/lib/nuage/nextcloud/golden.json)
sql() { PGHOST=/run/postgresql /usr/lib/postgresql/17/bin/psql --no-psqlrc --quiet --username=postgres --command="$1"; }
undo() {
    sql "DROP DATABASE IF EXISTS $name WITH (FORCE)"
    rm -rf "$place"
}
trap undo EXIT
mkdir "$place/config" "$place/data"
touch "$place/config/CAN_INSTALL"
chown -R nuage-golden:nuage-golden "$place"
sql "CREATE DATABASE $name OWNER golden TEMPLATE template0"
began=$EPOCHREALTIME
setpriv --reuid nuage-golden --regid nuage-golden --clear-groups env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 \
    "NEXTCLOUD_CONFIG_DIR=$place/config" PHP_INI_SCAN_DIR=:/etc/nuage/php/nextcloud.d \
    /usr/bin/php "$tree/occ" maintenance:install --disable-admin-user --database=pgsql --database-host=/run/postgresql \
    --database-name="$name" --database-user=golden --database-pass= --data-dir="$place/data" --no-interaction >/dev/null
awk -v began="$began" -v ended="$EPOCHREALTIME" 'BEGIN { printf "%.3f\n", ended - began }'
