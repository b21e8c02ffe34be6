"""A copy tried beside the municipality: it comes back whole, nobody notices, and what is wrong is seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_copies

from provisioner import chained
from tests.deployed import ABERCORN, FRELIGHSBURG, Deployment, need
from tests.keeping import Keeping

pytestmark = pytest.mark.lab

NAME = f"{ABERCORN.code}-apps"


METRICS = "/var/lib/prometheus/node-exporter"


def taken_down(deployment: Deployment, folder: Path) -> dict[str, dict[str, Any]]:
    """What an audit takes down of the server's copies, by name: its own code, on the server's own files."""
    places = {"settings": audit_copies.SETTINGS, "state": audit_copies.STATE}
    for name, place in places.items():
        (folder / name).mkdir()
        for file in deployment.sh(f"cd {place} && ls | grep '^[0-9].*json$'").split():
            (folder / name / file).write_text(deployment.sh(f"cat {place}/{file}"))
    kept = audit_copies.copies(folder / "settings", folder / "state")["kept"]
    return {f"{one['code']}-{one['part']}": one for one in kept}


def left(deployment: Deployment) -> list[str]:
    """What a drill might leave."""
    databases = deployment.sh("mariadb -BN -e \"SHOW DATABASES LIKE 'drill%'\"")
    return (databases + deployment.sh("ls /srv/moments")).split()


def test_a_copy_comes_back_whole_beside_the_municipality(deployment: Deployment, keeping: Keeping) -> None:
    made = keeping.backup(ABERCORN)[NAME]
    deployment.answers(ABERCORN)
    before = deployment.sh(f"mariadb -BN {ABERCORN.user} -e 'CHECKSUM TABLE wp_posts, wp_options'")
    found = json.loads(deployment.nuage("drill", ABERCORN.slug, "--json").stdout)[NAME]
    assert found["good"]
    assert found["copy"] == made["snapshot"]
    assert found["rows"] > 100
    assert deployment.sh(f"mariadb -BN {ABERCORN.user} -e 'CHECKSUM TABLE wp_posts, wp_options'") == before
    assert left(deployment) == []
    lines = (deployment.folder / "drills.log.jsonl").read_bytes().splitlines()
    assert chained.broken(lines) is None
    assert json.loads(lines[-1])["host"] == NAME


def test_a_server_tries_one_by_itself(deployment: Deployment, keeping: Keeping, tmp_path: Path) -> None:
    """Its weekly timer's own unit, whose bounds are tighter than those of a command; the audit finds what it noted."""
    keeping.backup(ABERCORN)
    deployment.sh("rm -f /var/lib/nuage/backup/*.drill.json")
    assert "nuage-backup-drill.service" in deployment.sh("systemctl list-timers --no-pager")
    deployment.sh("systemctl start nuage-backup-drill.service")
    (noted,) = deployment.sh("cat /var/lib/nuage/backup/*.drill.json").splitlines()
    found = json.loads(noted)
    assert found["good"]
    assert left(deployment) == []
    assert "nuage_drill_good" in deployment.sh(f"cat {METRICS}/nuage_drill_{found['name']}.prom")
    kept = taken_down(deployment, tmp_path)
    assert kept[found["name"]]["drill"]["good"]
    assert kept[NAME]["keeper"] is not None
    assert kept[NAME]["last"] is not None


def test_nextcloud_and_accounts_are_tried_too(deployment: Deployment, keeping: Keeping) -> None:
    need("nextcloud", "user_oidc")
    keeping.backup(FRELIGHSBURG)
    found = json.loads(deployment.nuage("drill", FRELIGHSBURG.slug, "--json").stdout)
    assert {host: one["good"] for host, one in found.items()} == {
        f"{FRELIGHSBURG.code}-apps": True,
        f"{FRELIGHSBURG.code}-identity": True,
    }
    assert left(deployment) == []


def test_a_ledger_that_says_something_else_is_seen(deployment: Deployment, keeping: Keeping) -> None:
    """A copy whose ledger was made of other rows and files than are in it: restic itself finds nothing wrong."""
    keeping.backup(ABERCORN)
    program = "/usr/local/lib/nuage/backup/ledger.py"
    kept = deployment.sh(f"cat {program}")
    lying = kept.replace('"sha256": digest,', '"sha256": digest[::-1],')
    assert lying != kept
    deployment.sh(f"rm -f /var/lib/nuage/backup/{NAME}.ledger.json; cat > {program}", body=lying.encode())
    try:
        keeping.backup(ABERCORN)
    finally:
        deployment.sh(f"cat > {program}; rm -f /var/lib/nuage/backup/{NAME}.ledger.json", body=kept.encode())
    said = deployment.nuage("drill", ABERCORN.slug, code=9)
    assert "isn't what it was" in said.stderr
    assert left(deployment) == []
    keeping.backup(ABERCORN)
