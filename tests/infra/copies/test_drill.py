"""A copy tried beside the municipality: it comes back whole, nobody notices, and what is wrong is seen."""

from __future__ import annotations

import json

import pytest

from provisioner import chained
from tests.deployed import ABERCORN, FRELIGHSBURG, Deployment, need
from tests.keeping import Keeping

pytestmark = pytest.mark.lab

NAME = f"{ABERCORN.code}-apps"


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
