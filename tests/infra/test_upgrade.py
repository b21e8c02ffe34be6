"""Going over to another Nextcloud on a real host: nothing is lost, people see a notice, and what isn't well goes back.

The tests follow each other on a deployment of their own, which NUAGE_TEST_UPGRADE=FOLDER keeps (its lab:
NUAGE_TEST_UPGRADE_LAB).
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.clouds import OCC, Cloud, Person
from tests.deployed import DUNHAM, FRELIGHSBURG, HOST, Deployment, wait_until
from tests.towns import ARCHIVES
from tests.upgraded import FORMER, deploy, former

pytestmark = pytest.mark.lab
NOTE = f"/var/lib/nuage/upgrades/{FRELIGHSBURG.code}.json"
PSQL = "runuser -u postgres -- psql -XqtA --set=ON_ERROR_STOP=1"
ROWS = {
    "users": "uid, displayname",
    "share": "id, share_type, share_with, uid_owner, file_source, file_target, permissions, token",
    "storages": "numeric_id, id",
    "filecache": "fileid, storage, path, size, etag, permissions",
    "calendars": "id, principaluri, displayname, uri",
}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    if os.geteuid() != 0:
        pytest.skip("SKIPPED, NOT TESTED: real hosts need root")
    former()
    kept = os.environ.get("NUAGE_TEST_UPGRADE")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("consortium") / "test"
    yield (deployment := deploy(folder, os.environ.get("NUAGE_TEST_UPGRADE_LAB", "test-up")))
    if not kept:
        deployment.lab.down()


@pytest.fixture(scope="module")
def cloud(deployed: Deployment) -> Cloud:
    return Cloud(deployed, FRELIGHSBURG)


VISITOR = OCC.replace('settings["NUAGE_TREE"] + "/occ", *words', "words[0]")
"""Runs a program of our own in the municipality's sandbox."""


def visitor(cloud: Cloud, **request: str) -> None:
    """Makes or removes an account as the gates do. `occ user:add` also draws a picture, whose font a build may lack."""
    cloud.deployment.sh("cat > /root/nuage-test-visitor.py", body=VISITOR.encode())
    program = "/usr/share/nuage/nextcloud/converge/visitor.php"
    script = f"python3 /root/nuage-test-visitor.py {cloud.site.code} {program}"
    cloud.deployment.sh(script, body=json.dumps(request).encode())


@pytest.fixture(scope="module")
def person(cloud: Cloud) -> Iterator[Person]:
    """Somebody with files and a link to one of them."""
    someone = Person(f"essai-{secrets.token_hex(6)}", secrets.token_hex(36))
    visitor(cloud, do="make", account=someone.name, token=someone.password)
    for name, body in {"note.txt": b"bonjour", "gros.bin": os.urandom(3 << 20)}.items():
        assert cloud.ask("PUT", cloud.file(someone, name), person=someone, body=body).status == 201
    form = b"path=/note.txt&shareType=3&password=une-phrase-bien-longue-7"
    headers = {"OCS-APIRequest": "true", "Content-Type": "application/x-www-form-urlencoded"}
    path = "/ocs/v2.php/apps/files_sharing/api/v1/shares"
    assert cloud.ask("POST", path, person=someone, body=form, headers=headers).status == 200
    yield someone
    visitor(cloud, do="remove", account=someone.name)


def ledger(cloud: Cloud, person: Person) -> dict[str, str]:
    """Hashes of the person's files, and of the rows that mean something to people."""
    sh = cloud.deployment.sh
    files = sh(f"cd {cloud.home}/data/{person.name}/files && find . -type f | sort | xargs sha256sum")
    found = {"files": files}
    for table, columns in ROWS.items():
        only = " WHERE path NOT LIKE 'appdata%' AND path LIKE 'files%'" if table == "filecache" else ""
        rows = f"SELECT {columns} FROM oc_{table}{only} ORDER BY 1"
        found[table] = sh(f'cd / && {PSQL} {cloud.site.user} -c "{rows}"')
    assert found["files"].count("\n") == 2
    assert found["share"].strip()
    assert found["filecache"].strip()
    return found


def version(cloud: Cloud) -> str:
    return str(json.loads(cloud.ask("GET", "/status.php").body)["versionstring"])


def upgrade(cloud: Cloud, *words: str, code: int = 0) -> Any:
    wanted = ARCHIVES["nextcloud"].version
    done = cloud.deployment.nuage("upgrade", "nextcloud", wanted, "--yes", "--json", *words, code=code)
    return json.loads(done.stdout) if done.stdout else done.stderr


def leftovers(cloud: Cloud) -> str:
    """What an upgrade keeps for the return."""
    code, user = cloud.site.code, cloud.site.user
    script = f"ls -d /var/lib/nuage/upgrades/{code}.json /srv/upgrades/{user} 2>/dev/null || true; cd /;"
    return cloud.deployment.sh(
        f"{script} {PSQL} -c \"SELECT datname FROM pg_database WHERE datname ~ '_before'\""
    )


def test_a_new_pin_changes_nobody(deployed: Deployment, cloud: Cloud) -> None:
    assert version(cloud) == FORMER
    done = deployed.apply()
    assert (done["changed"], done["created"], done["failed"]) == (0, 0, 0)
    assert version(cloud) == FORMER


def test_what_does_not_pass_goes_back_with_everything(cloud: Cloud, person: Person) -> None:
    sh, before = cloud.deployment.sh, ledger(cloud, person)
    sh("systemctl stop nuage-identity.service")
    try:
        (row,) = upgrade(cloud, "--only", FRELIGHSBURG.slug, code=8)
    finally:
        sh("systemctl start nuage-identity.service")
    assert (row["outcome"], row["reason"], row["version"]) == ("returned", "upgrading.returned", FORMER)
    assert version(cloud) == FORMER
    assert ledger(cloud, person) == before
    assert cloud.ask("GET", cloud.file(person, "note.txt"), person=person).body == b"bonjour"
    assert leftovers(cloud) == ""
    cloud.deployment.apply()
    done = cloud.deployment.apply()
    assert (done["changed"], done["failed"]) == (0, 0)


def interrupted(deployment: Deployment, how: Callable[[], object]) -> None:
    """An upgrade that ``how`` interrupts while Nextcloud changes its tables; its controller is killed too."""
    wanted = ARCHIVES["nextcloud"].version
    process = deployment.begin("upgrade", "nextcloud", wanted, "--yes", "--only", FRELIGHSBURG.slug)
    try:
        wait_until(
            lambda: "kept" in deployment.sh(f"cat {NOTE} 2>/dev/null || true"), 500, "what was is kept"
        )
        unit = f"nuage-nextcloud-upgrade-{FRELIGHSBURG.code}.service"
        ask = f"systemctl show --property=ActiveState --value {unit}"
        wait_until(lambda: deployment.sh(ask).strip() == "active", 60, "it goes over")
        time.sleep(4)
        how()
    finally:
        kill(process.pid)
        process.communicate()


def comes_back(cloud: Cloud, person: Person, before: dict[str, str]) -> None:
    """People see the notice, and a plain apply gives everything back."""
    assert cloud.ask("GET", "/status.php").status == 503
    done = cloud.deployment.apply("--only", FRELIGHSBURG.slug)
    assert done["failed"] == 0
    assert version(cloud) == FORMER
    assert ledger(cloud, person) == before
    assert leftovers(cloud) == ""


def test_a_controller_that_is_killed_loses_nothing(cloud: Cloud, person: Person) -> None:
    before = ledger(cloud, person)
    interrupted(cloud.deployment, lambda: None)
    comes_back(cloud, person, before)


def test_power_that_is_lost_loses_nothing(cloud: Cloud, person: Person) -> None:
    deployment, before = cloud.deployment, ledger(cloud, person)
    interrupted(deployment, lambda: deployment.lab.kill(HOST))
    deployment.lab.start(HOST)
    deployment.sh("systemctl is-system-running --wait || true")
    comes_back(cloud, person, before)


def kill(process: int) -> None:
    """A program and all that it started, at once."""
    children = Path(f"/proc/{process}/task/{process}/children")
    for child in children.read_text().split() if children.exists() else []:
        kill(int(child))
    os.kill(process, signal.SIGKILL)


class Watcher(threading.Thread):
    """Somebody who asks for a page again and again."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(daemon=True)
        self.cloud, self.ended = cloud, threading.Event()
        self.seen: dict[int, int] = {}
        self.wrong: list[str] = []

    def run(self) -> None:
        while not self.ended.wait(0.2):
            reply = self.cloud.ask("GET", "/login")
            self.seen[reply.status] = self.seen.get(reply.status, 0) + 1
            notice = (
                "Mise à niveau en cours".encode() in reply.body and b"An upgrade is under way" in reply.body
            )
            told = reply.status == 503 and notice and reply.headers.get("retry-after") == "60"
            if reply.status not in (200, 302, 303) and not told:
                self.wrong.append(f"{reply.status} {reply.body[:200]!r}")


@contextmanager
def watched(cloud: Cloud) -> Iterator[None]:
    """People see pages or the notice meanwhile, and nothing else."""
    watcher = Watcher(cloud)
    watcher.start()
    try:
        yield
    finally:
        watcher.ended.set()
        watcher.join(60)
    assert watcher.wrong == []
    assert watcher.seen.get(503, 0) > 0
    assert len(watcher.seen) > 1


def test_it_goes_over_and_nothing_is_lost(cloud: Cloud, person: Person) -> None:
    deployment, before = cloud.deployment, ledger(cloud, person)
    with watched(cloud):
        (row,) = upgrade(cloud)
    assert row["outcome"] == "upgraded"
    assert (row["was"], row["version"]) == (FORMER, ARCHIVES["nextcloud"].version)
    assert version(cloud) == ARCHIVES["nextcloud"].version
    assert ledger(cloud, person) == before
    assert cloud.ask("GET", cloud.file(person, "note.txt"), person=person).body == b"bonjour"
    assert leftovers(cloud) == ""
    done = deployment.apply()
    assert (done["changed"], done["created"], done["failed"]) == (0, 0, 0)
    assert ledger(cloud, person)["users"].count("essai-") == 1


def test_the_other_stays_and_its_ring_waits(deployed: Deployment, cloud: Cloud) -> None:
    dunham = Cloud(deployed, DUNHAM)
    assert version(dunham) == FORMER
    said = upgrade(dunham, code=4)
    assert "courant" in said
    assert "--consent-early courant" in said
    assert version(dunham) == FORMER
    found = json.loads(deployed.nuage("status", "--json").stdout)
    told = {row["host"]: row["versions"] for row in found}
    assert f"Nextcloud {ARCHIVES['nextcloud'].version}" in told[f"{FRELIGHSBURG.code}-apps"]
    assert f"Nextcloud {FORMER}" in told[f"{DUNHAM.code}-apps"]


def test_a_resident_one_with_redis_goes_over_with_consent(deployed: Deployment) -> None:
    dunham = Cloud(deployed, DUNHAM)
    with watched(dunham):
        (row,) = upgrade(dunham, "--ring", "courant", "--consent-early", "courant")
    assert row["outcome"] == "upgraded"
    assert version(dunham) == ARCHIVES["nextcloud"].version
    done = deployed.apply()
    assert (done["changed"], done["failed"]) == (0, 0)
