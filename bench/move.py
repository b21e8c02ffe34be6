"""How long nothing can be written while a municipality with 1 GB moves: `python -m bench move`.

"By hand" is what an administrator does without a first pass, in the same run and on the same two servers: the site is
stopped, a snapshot goes over by `btrfs send`, the database by a dump, through the control machine.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from bench import figures
from provisioner import messages
from tests.deployed import ABERCORN, GARDIEN, HOST, Site, deploy
from tests.moving import OTHER, Moving

FILES, FILE_MIB = 64, 16
POSTS = 20_000
FILL = """
cd /srv/tenants/{user}/wordpress/wp-content/uploads
for n in $(seq {files}); do head -c {mib}M /dev/urandom > $n.bin; done
chown {uid}:www-data *.bin
mariadb {user} -e "INSERT INTO wp_posts (post_title, post_content, post_excerpt, to_ping, pinged, post_content_filtered)
  SELECT 't', REPEAT('texte ', 300), '', '', '', '' FROM seq_1_to_{posts}"
sync
"""
STOP = (
    "systemctl stop nuage-wordpress-cron@{0}.timer nuage-wordpress@{0}.socket nuage-wordpress-php@{0}.service"
)


def main() -> None:
    """On a deployment of its own, which goes afterwards."""
    messages.use("en")
    with tempfile.TemporaryDirectory(prefix="nuage-bench-") as folder:
        deployment = deploy(Path(folder, "consortium"), "bench-move")
        try:
            moving = Moving(deployment)
            moving.add()
            measure(moving)
        finally:
            deployment.lab.down()


def measure(moving: Moving) -> None:
    """By hand first, on another municipality with as much."""
    figures.title("a website with 1 GB to another server")
    for site in (GARDIEN, ABERCORN):
        moving.deployment.change(site, services={"wordpress": {"disk_mib": 4096, "mode": site.mode}})
    moving.deployment.nuage("apply", "--yes")
    for site in (GARDIEN, ABERCORN):
        moving.sh(HOST, FILL.format(user=site.user, uid=site.uid, files=FILES, mib=FILE_MIB, posts=POSTS))
    hand = by_hand(moving, GARDIEN)
    began = time.monotonic()
    done = moving.move(ABERCORN, OTHER)
    whole = time.monotonic() - began
    stopped = float(done["move"]["stopped_s"])
    compared = f"stop, copy, load by hand: {hand:.1f} s, {stopped / hand:.2f} x"
    figures.show("nothing can be written", f"{stopped:.1f} s", compared, "< 15 s")
    parts = {name: value for name, value in done["figures"].items() if name.endswith("_s")}
    for name, value in sorted(parts.items(), key=lambda item: item[1]):
        figures.show(f"  since it was closed: {name}", f"{value:.1f} s")
    figures.show("the whole command, with an apply", f"{whole:.1f} s")


def by_hand(moving: Moving, site: Site) -> float:
    """Seconds from the stop to the end of the load. The site is as before afterwards."""
    lab, code = moving.deployment.lab, site.code
    moving.sh(OTHER, "mkdir -p /srv/hand; mariadb -e 'CREATE DATABASE IF NOT EXISTS hand'")
    began = time.monotonic()
    moving.sh(HOST, STOP.format(code))
    moving.sh(
        HOST, f"mkdir -p /srv/hand; btrfs subvolume snapshot -r /srv/tenants/{site.user} /srv/hand/s; sync"
    )
    pipe(
        lab.ssh_command(HOST, ["btrfs send -q /srv/hand/s"]),
        lab.ssh_command(OTHER, ["btrfs receive -q /srv/hand"]),
    )
    pipe(
        lab.ssh_command(HOST, [f"mariadb-dump --single-transaction --hex-blob {site.user}"]),
        lab.ssh_command(OTHER, ["mariadb hand"]),
    )
    took = time.monotonic() - began
    moving.sh(HOST, f"systemctl start nuage-wordpress@{code}.socket; btrfs subvolume delete /srv/hand/s")
    moving.sh(OTHER, "btrfs subvolume delete /srv/hand/s; mariadb -e 'DROP DATABASE hand'")
    return took


def pipe(gives: list[str], takes: list[str]) -> None:
    """One server's output into the other's input."""
    giving = subprocess.Popen(gives, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    subprocess.run(takes, stdin=giving.stdout, check=True)
    if giving.wait():
        raise SystemExit(f"{gives}: {giving.returncode}")


if __name__ == "__main__":
    main()
