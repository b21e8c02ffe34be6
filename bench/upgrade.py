"""One municipality's Nextcloud from one major version to the next, and back to the snapshot: `python -m bench upgrade`.

"By hand" is `occ upgrade` and the `occ db:add-missing-*` that Nextcloud asks for after it, on another municipality of
the same server and content, past `nuage`: what an administrator does who keeps nothing and tries nothing.
"""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path

from bench import figures
from provisioner import messages
from tests.clouds import Cloud
from tests.deployed import DUNHAM, FRELIGHSBURG, Deployment
from tests.towns import ARCHIVES
from tests.upgraded import deploy

BY_HAND = """
user=$1; shift; code=${user:1}
old=$(sed -n s/^NUAGE_TREE=//p /etc/nuage/nextcloud/$code.env)
new=$(readlink -f /usr/share/nuage/trees/nextcloud-$1-*[0-9a-f])
systemctl stop nuage-nextcloud-cron@$code.timer nuage-nextcloud@$code.socket nuage-nextcloud-php@$code.service
sed -i "s#$old/apps#$new/apps#" /srv/tenants/$user/nextcloud/config/config.php
export PHP_INI_SCAN_DIR=:/etc/nuage/php/nextcloud.d NEXTCLOUD_CONFIG_DIR=/srv/tenants/$user/nextcloud/config
began=$(date +%s.%N)
for command in upgrade db:add-missing-columns db:add-missing-indices db:add-missing-primary-keys; do
    setpriv --reuid $user --regid $user --clear-groups php $new/occ $command --no-interaction >&2
done
echo $began $(date +%s.%N)
"""


def main() -> None:
    """On a deployment of its own, which is of no use to anybody afterwards."""
    messages.use("en")
    with tempfile.TemporaryDirectory(prefix="nuage-bench-") as folder:
        deployment = deploy(Path(folder, "consortium"), "bench-up")
        try:
            measure(deployment)
        finally:
            deployment.lab.down()


def measure(deployment: Deployment) -> None:
    """The return first: it needs somebody who hasn't gone over."""
    figures.title("upgrade of Nextcloud")
    version = ARCHIVES["nextcloud"].version
    words = ("upgrade", "nextcloud", version, "--yes", "--only", FRELIGHSBURG.slug)
    deployment.sh("systemctl stop nuage-identity.service")
    deployment.nuage(*words, code=8)
    deployment.sh("systemctl start nuage-identity.service")
    said = deployment.sh("journalctl --output=cat --identifier=nuage-upgrade")
    back = float(said.split(" returned to ")[-1].split(" in ")[1].split()[0])
    figures.show("return to the snapshot", f"{back:.1f} s", "", "< 10 s")
    began, ended = deployment.sh(f"bash -euo pipefail -c '{BY_HAND}' hand {DUNHAM.user} {version}").split()
    hand = float(ended) - float(began)
    cloud = Cloud(deployment, FRELIGHSBURG)
    shut: list[float] = []
    over = threading.Event()
    watcher = threading.Thread(target=watch, args=(cloud, shut, over), daemon=True)
    watcher.start()
    start = time.monotonic()
    deployment.nuage(*words)
    whole = time.monotonic() - start
    over.set()
    watcher.join(60)
    closed = shut[-1] - shut[0]
    compared = f"occ upgrade by hand: {hand:.1f} s, {closed / hand:.2f} x"
    figures.show("one municipality's notice, first to last", f"{closed:.1f} s", compared, "<= 1.3 x")
    figures.show("the whole command, with a record by apply", f"{whole:.1f} s")


def watch(cloud: Cloud, shut: list[float], over: threading.Event) -> None:
    """When somebody who asks again and again saw the notice."""
    while not over.wait(0.1):
        if cloud.ask("GET", "/status.php").status == 503:
            shut.append(time.monotonic())


if __name__ == "__main__":
    main()
