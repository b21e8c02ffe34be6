"""Counts of quotas that went wrong: everything on a server depends on them, PostgreSQL's start included."""

from __future__ import annotations

import subprocess

import pytest

from tests.deployed import ABERCORN, HOST, Deployment, wait_until

pytestmark = pytest.mark.lab
SHOW = "LC_ALL=C btrfs qgroup show --raw /srv/tenants/{} 2>&1"


def test_wrong_counts_are_made_anew_before_the_databases_start(deployment: Deployment) -> None:
    """A new file system id is a change that its quotas weren't told of, as is a repair, or a kernel without quotas."""
    volume = deployment.lab.host(HOST).volume
    deployment.lab.stop(HOST)
    try:
        subprocess.run(["btrfstune", "-f", "-m", str(volume)], check=True, capture_output=True)
    finally:
        deployment.lab.start(HOST)
    show = SHOW.format(ABERCORN.user)
    wait_until(lambda: "inconsistent" not in deployment.sh(show), 60, "the counts are right")
    assert "made anew" in deployment.sh("journalctl --boot --unit nuage-quotas.service --output cat")
    group = deployment.sh(f"btrfs inspect-internal rootid /srv/tenants/{ABERCORN.user}").strip()
    (row,) = [line.split() for line in deployment.sh(show).splitlines() if line.startswith(f"0/{group} ")]
    assert 10 << 20 < int(row[1]) < 1 << 30, row
    units = "postgresql@17-main mariadb nuage-identity"
    wait_until(
        lambda: deployment.sh(f"systemctl is-active {units}", code=None).split() == ["active"] * 3,
        120,
        "databases and accounts are at work",
    )
    deployment.answers(ABERCORN)
