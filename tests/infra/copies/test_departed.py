"""Copies of a municipality that left: they stay until their day, and go with the password that opened them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from provisioner.inventory import vault
from provisioner.leaving import departures
from provisioner.leaving.departures import BEGUN, CERTIFIED, DESTROYED, Departure
from tests.deployed import ABERCORN, Deployment
from tests.keeping import KEEPER, Keeping

pytestmark = pytest.mark.lab

SLUG, CODE = "disparue", "46090"
LOOK = f"ls -d /srv/backups/{CODE} /etc/nuage/backup-keys.d/{CODE}-* 2>&1 | grep -v 'No such' || true"


def held(
    deployment: Deployment, change: dict[str, dict[str, str]] | None = None
) -> dict[str, dict[str, str]]:
    """What the vault holds, after a change."""
    path = deployment.folder / vault.NAME
    password = (deployment.folder / "vault-password").read_bytes().strip()
    found = vault.unlock(path.read_text(encoding="utf-8"), password)
    if change:
        found |= change
        path.write_text(vault.seal(found, password), encoding="utf-8")
    return found


def test_they_go_on_their_day(deployment: Deployment, keeping: Keeping) -> None:
    keeping.backup(ABERCORN)
    keeping.sh(
        f"btrfs subvolume create /srv/backups/{CODE}; btrfs qgroup limit 1G /srv/backups/{CODE};"
        f" touch /srv/backups/{CODE}/config /etc/nuage/backup-keys.d/{CODE}-apps"
    )
    held(deployment, {CODE: {"backup_password": "x" * 20}})
    of, today = Departure(SLUG, CODE, None), datetime.now(UTC).date()
    words = ("leave", SLUG, "--copies", "--consent-destroy")
    try:
        for until in (today, today - timedelta(days=1)):
            begun = {"keeper": KEEPER, "domains": ["www.disparue.example"], "copies_until": until.isoformat()}
            departures.note(deployment.folder, of, BEGUN, **begun)
            departures.note(deployment.folder, of, DESTROYED)
            departures.note(deployment.folder, of, CERTIFIED, copies=False)
            if until == today:
                assert "law asks" in deployment.nuage(*words, CODE, code=4).stderr
        deployment.nuage(*words, ABERCORN.code, code=4)
        assert keeping.sh(LOOK).split()
        # What is left where nobody destroys is found by what looks, and nothing is noted.
        keeping.sh(f"touch /srv/oubli-{CODE}")
        assert f"oubli-{CODE}" in deployment.nuage(*words, CODE, code=9).stderr
        assert CODE in held(deployment)
        keeping.sh(f"rm /srv/oubli-{CODE}")
        deployment.nuage(*words, CODE)
        assert keeping.sh(LOOK) == ""
        assert CODE not in held(deployment)
        assert json.loads(deployment.nuage("leave", SLUG, "--json").stdout)["next"] == "certificate"
        assert keeping.copies(ABERCORN), "a neighbour's"
    finally:
        (deployment.folder / departures.RECORD).unlink()
        keeping.sh(
            f"rm -f /srv/oubli-{CODE} /etc/nuage/backup-keys.d/{CODE}-apps; rm -rf /srv/backups/{CODE}"
        )
