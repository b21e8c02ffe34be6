"""A municipality's Nextcloud with 1 GB of files brought back: `python -m bench restore`.

"By hand" is what an administrator does on the server with the same repository and the same key, past `nuage`: restic
into an empty folder, the folder in the place of the other, `psql` with the dump, the service stopped meanwhile. Nothing
is compared with a ledger, nothing is put aside and nobody is told.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench import figures
from provisioner import messages
from tests.deployed import FRELIGHSBURG, Deployment, deploy
from tests.keeping import KEEPER, Keeping

FILES, EACH_MB = 250, 4
ROUNDS = 3
FILL = """
user=$1
for number in $(seq $2); do
    head -c $3M /dev/urandom > /srv/tenants/$user/nextcloud/data/bench-$number.bin
done
chown $user: /srv/tenants/$user/nextcloud/data/bench-*.bin
"""
BY_HAND = """
name=$1 user=$2 code=$3 keeper=$4; shift 4
door="ssh -F /dev/null -i /etc/nuage/backup/$name.key -o BatchMode=yes"
door="$door -o UserKnownHostsFile=/etc/nuage/backup/known_hosts nuage-backup@$keeper"
began=$(date +%s.%N)
restic --repo rclone: --password-file /etc/nuage/backup/$name.password --no-cache -o rclone.program="$door" \
    restore latest --host $name --no-lock --target /srv/hand --include /files/nextcloud --include /databases >&2
systemctl stop nuage-nextcloud-cron@$code.timer nuage-nextcloud@$code.socket nuage-nextcloud-php@$code.service
rm -rf /srv/tenants/$user/nextcloud
cp --archive --reflink=auto /srv/hand/files/nextcloud /srv/tenants/$user/nextcloud
psql="/usr/lib/postgresql/17/bin/psql -h /run/postgresql -U postgres -qX -v ON_ERROR_STOP=1 -d $user"
$psql -c "DROP SCHEMA public CASCADE" -c "CREATE SCHEMA public AUTHORIZATION $user" >&2
{ echo "SET ROLE $user;"; cat /srv/hand/databases/nextcloud.sql; } | $psql >&2
systemctl start nuage-nextcloud@$code.socket nuage-nextcloud-cron@$code.timer
ended=$(date +%s.%N)
rm -rf /srv/hand
echo $began $ended
"""


def main() -> None:
    """On a deployment of its own, with a keeper at another site."""
    messages.use("en")
    with tempfile.TemporaryDirectory(prefix="nuage-bench-") as folder:
        deployment = deploy(Path(folder, "consortium"), "bench-back")
        try:
            measure(deployment)
        finally:
            deployment.lab.down()


def measure(deployment: Deployment) -> None:
    """In turn, so that both have the same machine; `nuage` last, so that what is left is whole."""
    keeping = Keeping(deployment)
    services = FRELIGHSBURG.services
    services["nextcloud"] = services["nextcloud"] | {"disk_mib": 4096}
    deployment.change(FRELIGHSBURG, services=services)
    keeping.add()
    deployment.sh(f"bash -euo pipefail -c '{FILL}' fill {FRELIGHSBURG.user} {FILES} {EACH_MB}")
    keeping.backup(FRELIGHSBURG)
    figures.title(f"restore of a Nextcloud with {FILES * EACH_MB} MB of files")
    address = next(str(host.address) for host in deployment.lab.status().hosts if host.name == KEEPER)
    name, user, code = f"{FRELIGHSBURG.code}-apps", FRELIGHSBURG.user, FRELIGHSBURG.code
    words = ("restore", FRELIGHSBURG.slug, "--consent-restore", code, "--only", "nextcloud")
    hand: list[float] = []
    ours: list[float] = []
    for _round in range(ROUNDS):
        said = deployment.sh(f"bash -euo pipefail -c '{BY_HAND}' hand {name} {user} {code} {address}")
        began, ended = said.split()
        hand.append(float(ended) - float(began))
        start = time.monotonic()
        deployment.nuage(*words)
        ours.append(time.monotonic() - start)
    compared = f"restic and psql by hand: {figures.seconds(hand)}, {figures.ratio(ours, hand)}"
    figures.show("the whole command, what came compared", figures.seconds(ours), compared, "<= 1.3 x")


if __name__ == "__main__":
    main()
