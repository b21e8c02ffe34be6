"""One municipality fills all that it can; its limit stops it; neither neighbours nor server feel it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.deployed import ABERCORN, GARDIEN, ILES, Deployment

pytestmark = pytest.mark.lab
PROBES = Path(__file__).parent / "probes"
# A quarter of the disk is the database's.
FILES_MIB, DATABASE_MIB = ABERCORN.disk_mib * 3 // 4, ABERCORN.disk_mib // 4
# The guard of databases looks each second; what is written between two looks has room in the hard limit.
DATABASE_HEADROOM_MIB = 1024
ELSEWHERE_MIB = 64
# MariaDB's temporary tables have one file for all, of this size at most.
SHARED_TEMPORARY_MIB = 512
FLOOD_LINES, FLOOD_BYTES = 60_000, 1000


def used(deployment: Deployment) -> dict[str, int]:
    """MiB in the places of the server that aren't the municipalities' own, what MariaDB shares included."""
    rows = deployment.sh("du -sxm --exclude 't[0-9][0-9][0-9][0-9][0-9]' /var /tmp /run /dev/shm /srv/mysql")
    return {row.split()[1]: int(row.split()[0]) for row in rows.splitlines()}


@pytest.fixture(autouse=True)
def neighbours_unharmed(deployment: Deployment) -> Iterator[None]:
    """Before and after: they answer, they may write, and nothing else filled up."""
    deployment.answers()
    before = used(deployment)
    yield
    deployment.answers(GARDIEN, ILES)
    write = "file_put_contents('/tmp/nuage-test', random_bytes(1 << 20)) && unlink('/tmp/nuage-test')"
    assert deployment.php(GARDIEN, f"echo json_encode({write});") is True
    grown = {place: size - before[place] for place, size in used(deployment).items()}
    shared = grown.pop("/srv/mysql")
    assert max(grown.values()) <= ELSEWHERE_MIB, grown
    assert shared <= SHARED_TEMPORARY_MIB + ELSEWHERE_MIB, shared
    assert deployment.sh("systemctl is-active nginx mariadb").split() == ["active", "active"]


@pytest.mark.parametrize(
    "file",
    [
        f"/srv/tenants/{ABERCORN.user}/wordpress/wp-content/uploads/nuage-test-fill.bin",
        "/tmp/nuage-test-fill.bin",
        "/var/tmp/nuage-test-fill.bin",
        f"/srv/tenants/{ABERCORN.user}/cache/nuage-test-fill.bin",
    ],
    ids=["uploads", "temporary files", "other temporary files", "cache"],
)
def test_files(deployment: Deployment, file: str) -> None:
    try:
        seen = deployment.php(ABERCORN, PROBES / "fill.php", {"file": file, "limit_mib": FILES_MIB + 200})
        assert seen["refused"], seen
        assert FILES_MIB - 200 <= seen["written_mib"] <= FILES_MIB, seen
        deployment.answers(ABERCORN)
    finally:
        # It mends itself: what it deleted is room again.
        assert deployment.php(ABERCORN, f"echo json_encode(unlink('{file}'));") is True
    small = {"file": "/tmp/nuage-test-again.bin", "limit_mib": 64}
    assert not deployment.php(ABERCORN, PROBES / "fill.php", small)["refused"]
    assert deployment.php(ABERCORN, "echo json_encode(unlink('/tmp/nuage-test-again.bin'));") is True


def test_database(deployment: Deployment) -> None:
    request = {"user": ABERCORN.user, "kind": "", "limit_mib": 3 * DATABASE_HEADROOM_MIB}
    try:
        seen = deployment.php(ABERCORN, PROBES / "database.php", request)
        assert seen["refused"], seen
        assert DATABASE_MIB - 128 <= seen["written_mib"] <= DATABASE_MIB + DATABASE_HEADROOM_MIB, seen
        deployment.answers(GARDIEN)
    finally:
        deployment.sh(f"mariadb -e 'DROP TABLE IF EXISTS {ABERCORN.user}.nuage_test_fill'")
    deployment.answers(ABERCORN)


def test_temporary_tables(deployment: Deployment) -> None:
    """Those that a query makes for itself end at a bound."""
    asked = {"user": ABERCORN.user, "rows": 100_000, "lift": False}
    assert "temporary space limit" in deployment.php(ABERCORN, PROBES / "temporary.php", asked)


def test_temporary_room_is_not_for_one(deployment: Deployment) -> None:
    """A session may lift its own bound; it doesn't come far, and the neighbour has room all along."""
    asked = {"user": ABERCORN.user, "rows": 100_000_000, "lift": True}
    modest = {"user": GARDIEN.user, "rows": 15_000, "lift": False}
    with ThreadPoolExecutor(1) as pool:
        greedy = pool.submit(deployment.php, ABERCORN, PROBES / "temporary.php", asked)
        while not greedy.done():
            assert deployment.php(GARDIEN, PROBES / "temporary.php", modest) == modest["rows"]
        assert "gone away" in greedy.result() or "killed" in greedy.result()
    said = deployment.sh("journalctl --quiet --since -2min -u nuage-database-guard.service")
    assert f"{ABERCORN.user}: too much temporary room" in said


def test_log(deployment: Deployment) -> None:
    """A flood of errors stays within the journal's bounds, and the neighbours' lines still get in."""

    def journal_mib() -> int:
        return int(deployment.sh("du -sm --total /var/log /run/log | tail -1").split()[0])

    before = journal_mib()
    flood = (
        f"$line = str_repeat('x', {FLOOD_BYTES}); set_time_limit(0);"
        f'for ($i = 0; $i < {FLOOD_LINES}; $i++) {{ error_log("flood $i $line"); }} echo json_encode(true);'
    )
    assert deployment.php(ABERCORN, flood) is True
    deployment.php(GARDIEN, "error_log('nuage-test: a line that matters'); echo json_encode(true);")
    deployment.sh("journalctl --sync || true")
    assert journal_mib() - before <= ELSEWHERE_MIB
    kept = deployment.sh(
        f"journalctl --quiet --since -10min -t wordpress-{GARDIEN.code} | grep -c 'a line that matters'",
        code=None,
    )
    assert int(kept) >= 1
