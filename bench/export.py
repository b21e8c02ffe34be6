"""Exporting a municipality of 1 GB, beside `tar` of the same over the same SSH, in turns.

Both write to this machine's disk. The export hashes each file on both ends; the whole command holds a moment, dumps,
asks WordPress and crawls the site besides.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from bench import figures
from bench.stage import Stage
from tests.deployed import HOST, Deployment, Site

ROUNDS = 3
FILL = """
mkdir -p {place}; cd {place}
for n in $(seq 200); do head -c 4M /dev/urandom > gros-$n.bin; done
for n in $(seq 2000); do head -c 100K /dev/urandom > petit-$n.bin; done
sync
"""


def tar(deployment: Deployment, place: str, target: Path) -> float:
    """Seconds of `tar` into a file."""
    began = time.monotonic()
    with target.open("wb") as out:
        command = deployment.lab.ssh_command(HOST, ["tar", "--create", "--directory", place, "."])
        subprocess.run(command, stdout=out, check=True)
    took = time.monotonic() - began
    target.unlink()
    return took


def compare(deployment: Deployment, site: Site) -> None:
    """The municipality has a website; its place grows by 1 GB and is as before afterwards."""
    figures.title("exporting 1 GB")
    place = f"/srv/tenants/{site.user}/wordpress/wp-content/uploads/banc"
    limit = deployment.sh(
        f"btrfs qgroup show -rf --raw /srv/tenants/{site.user} | awk '$1 ~ /^0/ {{print $4}}'"
    ).strip()
    deployment.sh(f"btrfs qgroup limit none /srv/tenants/{site.user}; {FILL.format(place=place)}")
    whole: list[float] = []
    plain: list[float] = []
    moving: list[float] = []
    try:
        with tempfile.TemporaryDirectory(prefix="nuage-export-") as folder:
            for number in range(ROUNDS):
                plain.append(tar(deployment, place, Path(folder, "tar")))
                target = Path(folder, str(number))
                began = time.monotonic()
                words = ("export", site.slug, "--to", str(target), "--json")
                said = json.loads(deployment.nuage(*words).stdout)
                whole.append(time.monotonic() - began)
                moving.append(float(said["seconds"]))
                shutil.rmtree(target)
    finally:
        deployment.sh(f"rm -rf {place}; btrfs qgroup limit {limit or 'none'} /srv/tenants/{site.user}")
    figures.show("tar over SSH into a file", figures.seconds(plain))
    figures.show(
        "export: bringing the files, hashed on both ends",
        figures.seconds(moving),
        figures.ratio(moving, plain),
        "1.3 x",
    )
    figures.show("export: the whole command", figures.seconds(whole), figures.ratio(whole, plain))


def run(stage: Stage) -> None:
    """On the bench's own server."""
    if not stage.joined:
        stage.join(stage.first)
        stage.timed_apply()
    compare(stage, stage.first)
