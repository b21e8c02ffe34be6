#!/bin/bash
# A first website of a municipality on a prepared server, by hand: what `nuage apply` is compared with.
#
#     by_hand.sh CODE DOMAIN ALIAS
#
# `full_by_hand.sh` takes its steps from here.
#
# The account, the limited subvolumes, the folders, the finished files, the certificate by ACME, the database,
# WordPress by the same site.php, the units, one reload, and a first answer; one after the other, with the fewest
# connections that a careful person would use. Nothing is checked that a person wouldn't look at.
#
# SSH_CONFIG: of ssh, with a host `server`. FILES: a folder with the finished files, as below /. SITE: what
# site.php reads. DIRECTORY and AUTHORITY: of ACME. STATE: a folder for the ACME account's key.
set -euo pipefail
code=$1 domain=$2 alias=$3
user=t$code uid=$((300000 + 10#$code))

on_server() { ssh -F "$SSH_CONFIG" server "$@"; }

# --- ACME, the control machine's half: curl, openssl, one RSA account ---
base64url() { basenc --base64url -w0 | tr -d '='; }
field() { grep -oE "\"$1\" *: *\"[^\"]*\"" | head -1 | sed -E 's/.*"([^"]*)"$/\1/'; }

# signed URL PAYLOAD: the answer's body in $work/body, its headers in $work/headers
signed() {
    local head signature text
    head=$(printf '{"alg":"RS256",%s,"nonce":"%s","url":"%s"}' "$identity" "$nonce" "$1" | base64url)
    text=$(printf '%s' "$2" | base64url)
    signature=$(printf '%s.%s' "$head" "$text" | openssl dgst -sha256 -sign "$STATE/account.key" | base64url)
    curl -sS --fail-with-body --cacert "$AUTHORITY" -D "$work/headers" -o "$work/body" \
        -H 'Content-Type: application/jose+json' \
        -d "{\"protected\":\"$head\",\"payload\":\"$text\",\"signature\":\"$signature\"}" "$1"
    nonce=$(header replay-nonce)
}
header() { tr -d '\r' <"$work/headers" | sed -nE "s/^$1: //Ip"; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sign_in() {
    curl -sS --cacert "$AUTHORITY" -o "$work/directory" "$DIRECTORY"
    [ -f "$STATE/account.key" ] || openssl genrsa -out "$STATE/account.key" 2048 2>/dev/null
    modulus=$(openssl rsa -in "$STATE/account.key" -noout -modulus | cut -d= -f2 | basenc -d --base16 | base64url)
    jwk="{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"$modulus\"}"
    thumbprint=$(printf '%s' "$jwk" | openssl dgst -sha256 -binary | base64url)
    curl -sS --cacert "$AUTHORITY" -I -D "$work/headers" -o /dev/null "$(field newNonce <"$work/directory")"
    nonce=$(header replay-nonce)
    identity="\"jwk\":$jwk"
    signed "$(field newAccount <"$work/directory")" '{"termsOfServiceAgreed":true}'
    identity="\"kid\":\"$(header location)\""
}

# --- account, subvolumes, folders ---
account() {
    on_server bash -euo pipefail -s "$code" "$user" "$uid" "${LIMIT:-768M}" >/dev/null <<'REMOTE'
code=$1 user=$2 uid=$3 home=/srv/tenants/$2 base=/srv/mysql/$2
groupadd --gid "$uid" "$user"
useradd --uid "$uid" --gid "$user" --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin \
    --key SUB_UID_COUNT=0 --key SUB_GID_COUNT=0 "$user"
btrfs subvolume create "$home"
btrfs qgroup limit "$4" "$home"
chown "root:$user" "$home"
chmod 0750 "$home"
setfacl --modify user:www-data:--x "$home"
mkdir -p "$home"/{tmp,cache} "$home"/wordpress/wp-content/{plugins,themes,uploads}
chmod 0700 "$home/tmp" "$home/cache"
chown "$user:$user" "$home/tmp" "$home/cache"
chown "$user:www-data" "$home/wordpress/wp-content/uploads"
chmod 2750 "$home/wordpress/wp-content/uploads"
ln -s /usr/share/nuage/wordpress/themes/nuage-municipal "$home/wordpress/wp-content/themes/nuage-municipal"
ln -s /usr/share/nuage/wordpress/mu-plugins "$home/wordpress/wp-content/mu-plugins"
ln -s /usr/share/wordpress/wp-content/languages "$home/wordpress/wp-content/languages"
btrfs subvolume create "$base"
# 256 MiB for the municipality, 1 GiB between that and the limit that MariaDB does not survive.
btrfs qgroup limit 1280M "$base"
chown mysql:mysql "$base"
chmod 0700 "$base"
chattr +C "$base"
REMOTE
}

# --- the finished files ---
finished_files() {
    tar -C "$FILES" --owner=root --group=root -c . | on_server tar -C / --no-overwrite-dir -x
    on_server bash -euo pipefail -s "$code" "$user" <<'REMOTE'
chgrp "$2" "/etc/wordpress/config-$1.php" "/etc/nuage/php/$1-wordpress.conf"
chmod 0440 "/etc/wordpress/config-$1.php" "/etc/nuage/php/$1-wordpress.conf"
REMOTE
}

# --- the certificate of these names ---
certificate() {
    local store=/var/lib/nuage/certificates/$1 names identifiers
    names=$(printf ',DNS:%s' "$@")
    identifiers=$(printf ',{"type":"dns","value":"%s"}' "$@")
    on_server bash -euo pipefail -s "$store" "${names:1}" >"$work/csr" <<'REMOTE'
mkdir -p "$1" /var/lib/nuage/acme/.well-known/acme-challenge
chgrp www-data /var/lib/nuage/acme/.well-known /var/lib/nuage/acme/.well-known/acme-challenge
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1/privkey.pem" -subj / \
    -addext "subjectAltName=$2" -outform DER 2>/dev/null
REMOTE
    signed "$(field newOrder <"$work/directory")" "{\"identifiers\":[${identifiers:1}]}"
    order=$(header location)
    finalize=$(field finalize <"$work/body")
    mapfile -t authorizations < <(grep -oE '"authorizations" *: *\[[^]]*\]' "$work/body" | grep -oE 'https[^"]*')
    answers='' challenges=()
    for authorization in "${authorizations[@]}"; do
        signed "$authorization" ''
        challenge=$(tr -d '\n' <"$work/body" | grep -oE '\{[^{}]*"http-01"[^{}]*\}')
        token=$(field token <<<"$challenge")
        challenges+=("$(field url <<<"$challenge")")
        answers+="printf '%s' '$token.$thumbprint' >/var/lib/nuage/acme/.well-known/acme-challenge/$token;"
    done
    on_server "$answers"
    for challenge in "${challenges[@]}"; do
        signed "$challenge" '{}'
    done
    for authorization in "${authorizations[@]}"; do
        until signed "$authorization" '' && [ "$(field status <"$work/body")" = valid ]; do
            sleep 0.05
        done
    done
    signed "$finalize" "{\"csr\":\"$(base64url <"$work/csr")\"}"
    until [ "$(field status <"$work/body")" = valid ]; do
        sleep 0.05
        signed "$order" ''
    done
    signed "$(field certificate <"$work/body")" ''
    on_server "cat >$store/fullchain.pem" <"$work/body"
}

# --- database and WordPress ---
wordpress() {
    on_server mariadb >/dev/null <<SQL
CREATE DATABASE IF NOT EXISTS $user;
ALTER DATABASE $user CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
CREATE USER $user@localhost IDENTIFIED VIA unix_socket;
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, LOCK TABLES
    ON $user.* TO $user@localhost;
SQL
    on_server setpriv --reuid "$user" --regid "$user" --clear-groups env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 \
        "TMPDIR=/srv/tenants/$user/tmp" "WORDPRESS_CONFIG=$code" \
        php -d display_errors=stderr /usr/share/nuage/wordpress/install/site.php <"$SITE" >/dev/null
}

# --- firewall, units, one reload, a first answer: of each SERVICE=DOMAIN ---
activate() {
    on_server bash -euo pipefail -s "$code" "$@" <<'REMOTE'
code=$1 units=() domains=()
for one in "${@:2}"; do
    units+=("nuage-${one%=*}@$code.socket" "nuage-${one%=*}-cron@$code.timer")
    domains+=("${one#*=}")
done
nft --file "/etc/nftables.d/tenants/$code.nft"
systemctl daemon-reload
systemctl enable --now --quiet "${units[@]}"
nginx -t -q
systemctl reload nginx
address=$(sed -nE 's/ *listen ([0-9.]+):443.*/\1/p' "/etc/nginx/nuage.d/$code-wordpress.conf" | head -1)
python3 - "$address" "${domains[@]}" <<'ASK'
import http.client, socket, ssl, sys, time
address, *domains = sys.argv[1:]
context = ssl._create_unverified_context()
for attempt in range(200):
    connection = http.client.HTTPSConnection(domains[0], context=context)
    try:
        plain = socket.create_connection((address, 443))
        connection.sock = context.wrap_socket(plain, server_hostname=domains[0])
        connection.request("GET", "/nuage-ping")
        if connection.getresponse().status == 200:
            del domains[0]
            if not domains:
                break
            continue
    except OSError:
        pass
    # nginx's former workers still know nothing of the site.
    time.sleep(0.05)
else:
    sys.exit("no answer")
ASK
REMOTE
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    sign_in
    account
    finished_files
    certificate "$domain" "$alias"
    wordpress
    activate "wordpress=$domain"
fi
