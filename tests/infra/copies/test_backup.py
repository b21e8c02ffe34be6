"""Copies at a keeper of another site: what is in one, whom it holds up, and that the writer can take none away."""

from __future__ import annotations

import json
import shutil
import threading
import time

import pytest

from tests.deployed import ABERCORN, DUNHAM, FRELIGHSBURG, GARDIEN, Deployment, need
from tests.keeping import KEEPER, Keeping, state_of

pytestmark = pytest.mark.lab

NAME = f"{ABERCORN.code}-apps"
UPLOADS = f"/srv/tenants/{ABERCORN.user}/wordpress/wp-content/uploads"
PLACE = f"/srv/backups/{ABERCORN.code}"
RESTIC = (
    f"restic --repo rclone: --password-file /etc/nuage/backup/{NAME}.password --no-cache -o rclone.program='ssh"
    f" -F /dev/null -i /etc/nuage/backup/{NAME}.key -o BatchMode=yes"
    " -o UserKnownHostsFile=/etc/nuage/backup/known_hosts nuage-backup@{address}'"
)


def restic(keeping: Keeping) -> str:
    """restic as the server that writes has it: with its own key and its own door."""
    hosts = {host.name: host for host in keeping.deployment.lab.status().hosts}
    return RESTIC.format(address=hosts[KEEPER].address)


def test_a_copy_has_files_database_and_their_ledger(deployment: Deployment, keeping: Keeping) -> None:
    deployment.sh(f"echo gardé > {UPLOADS}/gardee.txt; chown {ABERCORN.user}:www-data {UPLOADS}/gardee.txt")
    try:
        made = keeping.backup(ABERCORN)[NAME]
    finally:
        deployment.sh(f"rm -f {UPLOADS}/gardee.txt")
    book = json.loads(deployment.sh(f"{restic(keeping)} dump --no-lock {made['snapshot']} /ledger.json"))
    assert book["files"]["wordpress/wp-content/uploads/gardee.txt"]["size"] == len("gardé\n".encode())
    assert book["rows"]["wordpress"]["wp_options"] > 50
    dump = deployment.sh(f"{restic(keeping)} dump --no-lock {made['snapshot']} /databases/wordpress.sql")
    assert "CREATE TABLE `wp_posts`" in dump
    assert made["paused"] < 5, "the municipality stood still for that long"
    (copy,) = [one for one in keeping.copies(ABERCORN) if one["id"] == made["snapshot"]]
    assert f"run={made['run']}" in copy["tags"]


def test_nothing_stays_on_the_server_that_writes(deployment: Deployment, keeping: Keeping) -> None:
    keeping.backup(ABERCORN)
    assert deployment.sh("ls /srv/moments").split() == []
    assert "moments" not in deployment.sh("btrfs subvolume list /srv")
    states = deployment.sh(f"ps -o stat= -u {ABERCORN.uid} || true").split()
    assert not [state for state in states if state.startswith("T")]


def test_the_keeper_has_nothing_that_can_be_read(deployment: Deployment, keeping: Keeping) -> None:
    keeping.backup(ABERCORN)
    password = deployment.sh(f"cat /etc/nuage/backup/{NAME}.password").strip()
    assert keeping.sh(f"grep -rlF '{password}' /srv /etc /root /var/lib 2>/dev/null || true") == ""
    assert keeping.sh(f"grep -rlaE 'wp_posts|Abercorn' {PLACE} || true") == ""


def test_people_are_answered_during_a_copy(deployment: Deployment, keeping: Keeping) -> None:
    deployment.answers(GARDIEN)
    answers: list[tuple[int, float]] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            began = time.monotonic()
            status = deployment.get(GARDIEN).status
            answers.append((status, time.monotonic() - began))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        keeping.backup(GARDIEN)
    finally:
        done.set()
        asking.join()
    assert {status for status, _ in answers} == {200}
    assert max(seconds for _, seconds in answers) < 10


@pytest.mark.parametrize("words", ["forget --keep-last 1 --prune", "prune", "key remove"])
def test_the_writer_cannot_make_the_keeper_forget(
    deployment: Deployment, keeping: Keeping, words: str
) -> None:
    keeping.backup(ABERCORN)
    keeping.backup(ABERCORN)
    seen = f"cd {PLACE}; find config keys snapshots index data -type f -printf '%p %s\\n' | sort"
    before = keeping.sh(seen)
    if words == "key remove":
        key = deployment.sh(f"{restic(keeping)} key list --json").strip()
        words = f"key remove {json.loads(key)[0]['id']}"
    said = deployment.sh(f"{restic(keeping)} {words} 2>&1 || true")
    after = keeping.sh(seen)
    assert set(before.splitlines()) <= set(after.splitlines()), said


def test_the_writer_cannot_write_over_what_is_there(deployment: Deployment, keeping: Keeping) -> None:
    """Past restic: the door itself, asked over HTTP/2 by hand, is rclone's; overwriting is refused by it."""
    keeping.backup(ABERCORN)
    name = keeping.sh(f"ls {PLACE}/snapshots | head -n 1").strip()
    before = keeping.sh(f"sha256sum {PLACE}/snapshots/{name} {PLACE}/config")
    hosts = {host.name: host for host in deployment.lab.status().hosts}
    door = (
        f"ssh -F /dev/null -i /etc/nuage/backup/{NAME}.key -o BatchMode=yes"
        f" -o UserKnownHostsFile=/etc/nuage/backup/known_hosts nuage-backup@{hosts[KEEPER].address}"
    )
    # Whatever command is asked for, it is the forced one that runs: no shell, no other folder.
    assert "uid=" not in deployment.sh(f"{door} id < /dev/null 2>&1 || true")
    deployment.sh(f"{restic(keeping)} init 2>&1 && exit 1 || true")
    assert keeping.sh(f"sha256sum {PLACE}/snapshots/{name} {PLACE}/config") == before


def test_only_its_own_key_opens_a_door(deployment: Deployment, keeping: Keeping) -> None:
    keeping.backup(ABERCORN, GARDIEN)
    other = restic(keeping).replace(f"{NAME}.key", f"{GARDIEN.code}-apps.key")
    said = deployment.sh(f"{other} snapshots 2>&1 || true")
    assert "wrong password" in said, "another's key leads to another's repository"


def test_a_keeper_that_is_gone_is_said_and_told(deployment: Deployment, keeping: Keeping) -> None:
    keeping.backup(ABERCORN)
    before = state_of(deployment, NAME)["success"]
    deployment.lab.stop(KEEPER)
    try:
        said = deployment.nuage("backup", ABERCORN.slug, code=8).stderr
        assert "The keeper of the copies of 46005-apps doesn't answer" in said
        noted = state_of(deployment, NAME)
        assert noted["failure"]["key"] == "backup.keeper-gone"
        assert noted["success"] == before, "the last good copy is still known"
        assert deployment.sh("ls /srv/moments").split() == []
        figures = deployment.sh(f"cat /var/lib/prometheus/node-exporter/nuage_backup_{NAME}.prom")
        assert 'nuage_backup_failed{municipality="46005",part="apps"} 1' in figures
        assert "Result=success" in deployment.sh(f"systemctl show -p Result nuage-backup-alert@{NAME}")
    finally:
        deployment.lab.start(KEEPER)
    keeping.backup(ABERCORN)
    assert state_of(deployment, NAME)["failure"] is None


def test_a_full_keeper_is_said(deployment: Deployment, keeping: Keeping) -> None:
    """Its limit is the municipality's own: the neighbour's copies go on."""
    keeping.backup(ABERCORN)
    used = keeping.sh(f"btrfs qgroup show -rf --raw {PLACE} | awk '$1 ~ /^0\\// {{print $2}}'").strip()
    limit = keeping.sh(f"btrfs qgroup show -rf --raw {PLACE} | awk '$1 ~ /^0\\// {{print $4}}'").strip()
    deployment.sh(f"head -c 20M /dev/urandom > {UPLOADS}/gros.bin; chown {ABERCORN.user} {UPLOADS}/gros.bin")
    keeping.sh(f"btrfs qgroup limit {int(used) + 3_000_000} {PLACE}")
    try:
        said = deployment.nuage("backup", ABERCORN.slug, code=8).stderr
        assert "no room left" in said
        keeping.backup(GARDIEN)
        assert deployment.sh("ls /srv/moments").split() == []
    finally:
        keeping.sh(f"btrfs qgroup limit {limit} {PLACE}")
        deployment.sh(f"rm -f {UPLOADS}/gros.bin")
    keeping.backup(ABERCORN)
    assert "no errors were found" in deployment.sh(f"{restic(keeping)} check --no-lock 2>&1")


def test_power_lost_during_a_copy(deployment: Deployment, keeping: Keeping) -> None:
    """A moment that nobody ended is cleared at the next start, and the next copy is whole."""
    deployment.sh(
        f"mkdir -p /srv/moments/{NAME}/databases;"
        f" btrfs -q subvolume snapshot -r /srv/tenants/{ABERCORN.user} /srv/moments/{NAME}/files"
    )
    deployment.lab.kill("srv1")
    deployment.lab.start("srv1")
    assert deployment.sh("ls /srv/moments").split() == []
    assert "moments" not in deployment.sh("btrfs subvolume list /srv")
    keeping.backup(ABERCORN)
    deployment.answers(ABERCORN)


HELD = """
until pid=$(pgrep -x pg_dump); do :; done
kill -STOP $pid
systemctl kill --signal=KILL postgresql@17-main
sleep 1
kill -CONT $pid
"""


def test_a_database_that_dies_during_its_dump(deployment: Deployment, keeping: Keeping) -> None:
    need("nextcloud", "user_oidc")
    name = f"{FRELIGHSBURG.code}-apps"
    before = {one["id"] for one in keeping.copies(FRELIGHSBURG)}
    deployment.sh("cat > /root/nuage-test-kill", body=HELD.encode())
    deployment.sh("systemd-run --quiet --unit=nuage-test-kill timeout 120 bash /root/nuage-test-kill")
    try:
        deployment.sh(f"systemctl start nuage-backup@{name}.service && exit 1 || true")
        assert state_of(deployment, name)["failure"]["key"] == "backup.database-failed"
        states = deployment.sh(f"ps -o stat= -u {FRELIGHSBURG.uid} || true").split()
        assert not [state for state in states if state.startswith("T")]
        assert deployment.sh("ls /srv/moments").split() == []
    finally:
        deployment.sh("systemctl restart postgresql@17-main nuage-identity")
    assert {one["id"] for one in keeping.copies(FRELIGHSBURG)} == before, "no half copy"


def test_a_late_copy_is_told(deployment: Deployment, keeping: Keeping) -> None:
    keeping.backup(ABERCORN)
    path = f"/var/lib/nuage/backup/{NAME}.json"
    kept = deployment.sh(f"cat {path}")
    old = json.loads(kept)
    old["success"]["at"] -= 40 * 3600
    deployment.sh(f"cat > {path}", body=json.dumps(old).encode())
    try:
        deployment.sh("systemctl start nuage-backup-late.service")
        assert deployment.sh(f"ls /var/lib/nuage/backup/{NAME}.late")
    finally:
        deployment.sh(f"cat > {path}", body=kept.encode())
    deployment.sh("systemctl start nuage-backup-late.service")
    deployment.sh(f"test ! -e /var/lib/nuage/backup/{NAME}.late")


def test_the_nights_copies_are_spread(deployment: Deployment, keeping: Keeping) -> None:
    assert keeping
    listed = deployment.sh("systemctl list-timers --all --output=json 'nuage-backup@*'")
    timers = {timer["unit"]: timer["next"] for timer in json.loads(listed)}
    assert {f"nuage-backup@{site.code}-apps.timer" for site in deployment.sites} <= timers.keys()
    assert len(set(timers.values())) == len(timers)


def test_realms_of_a_night_share_one_export(deployment: Deployment, keeping: Keeping) -> None:
    """One start of Keycloak's program for both; each copy is of its moment, has the people, and nothing of it stays.

    So too of those that are asked for in one command.
    """
    need("nextcloud", "user_oidc")
    sites = (DUNHAM, FRELIGHSBURG)
    header, first, *_ = (deployment.folder / "personnes.csv").read_text("utf-8").splitlines()
    sheet = deployment.folder / "essai.csv"
    sheet.write_text(f"{header}\n{first}\n", "utf-8")
    deployment.nuage("users", "import", str(sheet), FRELIGHSBURG.slug, "--no-mail")
    sheet.unlink()
    made = keeping.backup(*sites)
    assert len({made[f"{site.code}-identity"]["at"] for site in sites}) == 1, "one export for both"
    deployment.sh("systemctl start nuage-backup-realms.service")
    done = [state_of(deployment, f"{site.code}-identity")["success"] for site in sites]
    assert {one["reason"] for one in done} == {"nightly"}
    assert len({(one["run"], one["at"]) for one in done}) == 1, "both are of the moment of one export"
    for site, one in zip(sites, done, strict=True):
        dump = f"{restic(keeping).replace(NAME, f'{site.code}-identity')} dump --no-lock {one['snapshot']}"
        realm = json.loads(deployment.sh(f"{dump} /identity/realm.json"))
        book = json.loads(deployment.sh(f"{dump} /ledger.json"))
        assert (realm["realm"], int(book["at"])) == (site.code, one["at"])
        assert book["rows"]["identity"]["users"] == len(realm.get("users", []))
    assert realm["users"], "Frelighsburg's people are in the realm's own file"
    assert deployment.sh("ls /var/cache/nuage-backup/realms 2>/dev/null || true") == ""
    assert "identity" not in deployment.sh("systemctl list-timers --all 'nuage-backup@*'")


def test_nothing_risky_begins_without_a_copy(deployment: Deployment, keeping: Keeping) -> None:
    """A municipality that is to go: its copy first, and where that can't be made nothing is changed."""
    spec = deployment.folder / "tenants" / f"{GARDIEN.slug}.yml"
    lock = deployment.folder / "placement.lock.yml"
    kept, before = spec.read_text("utf-8"), lock.read_bytes()
    words = ("apply", "--yes", "--consent-remove", GARDIEN.code)
    name = f"{GARDIEN.code}-apps"
    deployment.sh(f"rm -f /var/lib/nuage/backup/{name}.json")
    spec.unlink()
    deployment.lab.stop(KEEPER)
    try:
        said = deployment.nuage(*words, code=8).stderr
        assert "nothing was begun" in said
        assert f"--without-backup {GARDIEN.code}" in said
        assert lock.read_bytes() == before
    finally:
        deployment.lab.start(KEEPER)
    try:
        deployment.nuage(*words)
        assert state_of(deployment, name)["success"]["reason"] == "before-apply"
    finally:
        spec.write_text(kept, "utf-8")
        deployment.nuage("apply", "--yes")
    deployment.answers(GARDIEN)


def test_status_tells_of_copies(deployment: Deployment, keeping: Keeping) -> None:
    made = keeping.backup(ABERCORN)[NAME]
    rows = {row["host"]: row for row in json.loads(deployment.nuage("status", "--json").stdout)}
    assert (rows[NAME]["kept"], rows[NAME]["copies"]) == (made["at"], "good")
    assert "Last copy" in deployment.nuage("status").stdout


def test_copies_are_forgotten_by_their_arrival(deployment: Deployment, keeping: Keeping) -> None:
    """A copy that its writer dated far back isn't old; one that arrived long ago is over, whatever it says."""
    if shutil.which("restic") is None:
        pytest.skip("SKIPPED, NOT TESTED: this machine has no restic")
    keeping.backup(ABERCORN)
    old = keeping.copies(ABERCORN)[0]["id"]
    forged = deployment.sh(
        f"cd /tmp; echo x > forged; {restic(keeping)} backup --json --host {NAME} --time '2001-01-01 00:00:00' forged"
    )
    dated = json.loads(forged.splitlines()[-1])["snapshot_id"]
    for _ in range(3):
        keeping.backup(ABERCORN)
    keeping.sh(f"touch -d '-400 days' {PLACE}/snapshots/{old}")
    shown = json.loads(deployment.nuage("backup", "prune", ABERCORN.slug, "--dry-run", "--json").stdout)
    assert shown[ABERCORN.code]["forgotten"] == [old]
    deployment.nuage("backup", "prune", ABERCORN.slug)
    left = {one["id"] for one in keeping.copies(ABERCORN)}
    assert old not in left
    assert dated in left
    assert "no errors were found" in deployment.sh(f"{restic(keeping)} check --no-lock 2>&1")
    deployment.sh("rm /tmp/forged")


def test_the_audit_sees_where_copies_go(deployment: Deployment, keeping: Keeping) -> None:
    hosts = {host.name: str(host.address) for host in deployment.lab.status().hosts}
    place = f"ssh://nuage-backup@{hosts[KEEPER]}:22{PLACE}"
    assert json.loads(deployment.sh(f"cat /etc/nuage/backup/{NAME}.json"))["repository"] == place
