"""A municipality brought back from its copy: all of it, a part, or one path; and what stays as it was."""

from __future__ import annotations

import json

import pytest

from tests.deployed import ABERCORN, FRELIGHSBURG, GARDIEN, Deployment, need
from tests.keeping import Keeping

pytestmark = pytest.mark.lab

HOME = f"/srv/tenants/{ABERCORN.user}"
UPLOADS = f"{HOME}/wordpress/wp-content/uploads"


def title(deployment: Deployment, value: str = "") -> str:
    """Of the site's first page, changed where another is given."""
    if value:
        deployment.sh(f"mariadb {ABERCORN.user} -e \"UPDATE wp_posts SET post_title='{value}' WHERE ID=1\"")
    return deployment.sh(
        f"mariadb -BN {ABERCORN.user} -e 'SELECT post_title FROM wp_posts WHERE ID=1'"
    ).strip()


def put(deployment: Deployment, name: str, text: str) -> None:
    path = f"{UPLOADS}/{name}"
    deployment.sh(
        f"cat > {path}; chown {ABERCORN.user}:www-data {path}; chmod 0640 {path}", body=text.encode()
    )


def restore(deployment: Deployment, *words: str, code: int = 0) -> dict[str, dict[str, object]]:
    done = deployment.nuage(
        "restore", ABERCORN.slug, "--consent-restore", ABERCORN.code, "--json", *words, code=code
    )
    return dict(json.loads(done.stdout or "{}"))


def test_all_comes_back_as_it_was(deployment: Deployment, keeping: Keeping) -> None:
    before = title(deployment)
    kept = deployment.sh(f"stat -c '%a %u %g' {HOME}; getfacl -cE {HOME}")
    limit = deployment.sh(f"btrfs qgroup show -rf --raw {HOME} | awk '$1 ~ /^0\\// {{print $4}}'")
    put(deployment, "gardee.txt", "gardée")
    keeping.backup(ABERCORN)
    try:
        title(deployment, "perdue")
        deployment.sh(f"rm {UPLOADS}/gardee.txt; mariadb {ABERCORN.user} -e 'CREATE TABLE surplus (a int)'")
        put(deployment, "plus.txt", "de trop")
        # As a power cut leaves it between the two renames of an earlier restore.
        deployment.sh(f"mv {HOME} $(dirname {HOME})/.{ABERCORN.user}.gone")
        said = restore(deployment)[f"{ABERCORN.code}-apps"]
        assert title(deployment) == before
        assert deployment.sh(f"ls {UPLOADS}").split() == ["gardee.txt"]
        assert "surplus" not in deployment.sh(f"mariadb -BN {ABERCORN.user} -e 'SHOW TABLES'")
        assert deployment.sh(f"stat -c '%a %u %g' {HOME}; getfacl -cE {HOME}") == kept
        assert deployment.sh(f"btrfs qgroup show -rf --raw {HOME} | awk '$1 ~ /^0\\// {{print $4}}'") == limit
        assert float(str(said["closed"])) < 60
        deployment.answers(ABERCORN)
        assert deployment.get(ABERCORN, "/wp-content/uploads/gardee.txt").status == 200
        # What was there before lies aside, and nothing of the way stays.
        assert "plus.txt" in deployment.sh(
            f"ls /srv/safety/{ABERCORN.code}-apps/files/wordpress/wp-content/uploads"
        )
        assert (
            deployment.sh("ls -A /srv/moments /var/lib/nuage/backup/vhosts | grep -v : || true").split() == []
        )
        assert json.loads(deployment.nuage("drift", "--only", ABERCORN.slug, "--json").stdout) == {}
    finally:
        deployment.sh(f"rm -f {UPLOADS}/*.txt")


def test_one_path_comes_back_and_nothing_else(deployment: Deployment, keeping: Keeping) -> None:
    before = title(deployment)
    put(deployment, "une.txt", "ancienne")
    put(deployment, "autre.txt", "ancienne")
    keeping.backup(ABERCORN)
    try:
        put(deployment, "une.txt", "nouvelle")
        put(deployment, "autre.txt", "nouvelle")
        title(deployment, "présente")
        restore(deployment, "--path", "wordpress/wp-content/uploads/une.txt")
        assert deployment.sh(f"cat {UPLOADS}/une.txt {UPLOADS}/autre.txt") == "anciennenouvelle"
        assert deployment.sh(f"stat -c %U:%G:%a {UPLOADS}/une.txt").strip() == f"{ABERCORN.user}:www-data:640"
        assert title(deployment) == "présente"
        said = deployment.nuage(
            "restore", ABERCORN.slug, "--consent-restore", ABERCORN.code, "--path", "wordpress/nulle", code=8
        )
        assert "no such file or folder" in said.stderr
    finally:
        title(deployment, before)
        deployment.sh(f"rm -f {UPLOADS}/*.txt")


def test_a_link_leads_root_nowhere(deployment: Deployment, keeping: Keeping) -> None:
    """The municipality's own programs may put a link where a folder was."""
    deployment.sh(f"install -d -o {ABERCORN.user} {UPLOADS}/2026")
    put(deployment, "2026/page.txt", "page")
    keeping.backup(ABERCORN)
    try:
        deployment.sh(f"mkdir -p /root/ailleurs; rm -r {UPLOADS}/2026; ln -s /root/ailleurs {UPLOADS}/2026")
        restore(deployment, "--path", "wordpress/wp-content/uploads/2026/page.txt", code=8)
        assert deployment.sh("ls /root/ailleurs").split() == []
    finally:
        deployment.sh(f"rm -rf {UPLOADS}/2026 /root/ailleurs")


def test_an_earlier_copy_is_found_by_its_time(deployment: Deployment, keeping: Keeping) -> None:
    before = title(deployment)
    try:
        title(deployment, "première")
        keeping.backup(ABERCORN)
        at = deployment.sh("date -u +%Y-%m-%dT%H:%M:%S+00:00").strip()
        deployment.sh("sleep 1")
        title(deployment, "deuxième")
        keeping.backup(ABERCORN)
        restore(deployment, "--at", at, "--only", "wordpress")
        assert title(deployment) == "première"
        restore(deployment, "--only", "wordpress")
        assert title(deployment) == "deuxième"
    finally:
        title(deployment, before)


def test_without_consent_nothing_changes(deployment: Deployment, keeping: Keeping) -> None:
    keeping.backup(ABERCORN)
    before = title(deployment)
    said = deployment.nuage("restore", ABERCORN.slug, "--consent-restore", GARDIEN.code, code=4).stderr
    assert ABERCORN.code in said
    assert title(deployment) == before


def test_a_damaged_copy_is_not_put_in_place(deployment: Deployment, keeping: Keeping) -> None:
    """A byte of the data turned at the keeper: restic sees it, and the site goes on as it is."""
    before = title(deployment)
    put(deployment, "rare.bin", "rare" * 5000)
    keeping.backup(ABERCORN)
    place = f"/srv/backups/{ABERCORN.code}"
    turn = (
        "import sys,pathlib\n"
        f"for p in pathlib.Path('{place}/data').rglob('*'):\n"
        "    if p.is_file():\n"
        "        b = bytearray(p.read_bytes()); b[len(b)//3] ^= 255; p.chmod(0o600); p.write_bytes(b)\n"
    )
    try:
        keeping.sh(f'cp -a {place} {place}.sain; python3 -c "{turn}"')
        said = deployment.nuage("restore", ABERCORN.slug, "--consent-restore", ABERCORN.code, code=8).stderr
        assert f"{ABERCORN.code}-apps" in said
        assert title(deployment) == before
        deployment.answers(ABERCORN)
        assert deployment.sh("ls /srv/moments").split() == []
    finally:
        keeping.sh(f"if test -d {place}.sain; then cp -a {place}.sain/. {place}/; rm -r {place}.sain; fi")
        deployment.sh(f"rm -f {UPLOADS}/rare.bin")
    keeping.backup(ABERCORN)


def test_the_wrong_key_is_said(deployment: Deployment, keeping: Keeping) -> None:
    keeping.backup(ABERCORN)
    path = f"/etc/nuage/backup/{ABERCORN.code}-apps.password"
    kept = deployment.sh(f"cat {path}")
    deployment.sh(f"cat > {path}", body=b"another")
    try:
        said = deployment.nuage("backup", ABERCORN.slug, code=8).stderr
        assert "doesn't open its repository" in said
    finally:
        deployment.sh(f"cat > {path}", body=kept.encode())


def test_nextcloud_comes_back_with_its_files_and_database(deployment: Deployment, keeping: Keeping) -> None:
    need("nextcloud", "user_oidc")
    name = FRELIGHSBURG.user
    data = f"/srv/tenants/{name}/nextcloud/data"
    psql = f"/usr/lib/postgresql/17/bin/psql -h /run/postgresql -U postgres -qtAX -d {name}"
    deployment.sh(f"echo note > {data}/note.txt; chown {name}:{name} {data}/note.txt")
    try:
        keeping.backup(FRELIGHSBURG)
        deployment.sh(
            f"rm {data}/note.txt; {psql} -c 'CREATE TABLE surplus (a int)' -c 'DELETE FROM oc_preferences'"
        )
        deployment.nuage("restore", FRELIGHSBURG.slug, "--consent-restore", FRELIGHSBURG.code)
        assert deployment.sh(f"cat {data}/note.txt") == "note\n"
        assert deployment.sh(f"{psql} -c \"SELECT to_regclass('public.surplus')\"").strip() == ""
        owners = deployment.sh(
            f"{psql} -c \"SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname='public'\""
        )
        assert owners.split() == [name]
        deployment.nuage("verify", "--only", FRELIGHSBURG.slug)
    finally:
        deployment.sh(f"rm -f {data}/note.txt")


def test_accounts_come_back_as_they_were(deployment: Deployment, keeping: Keeping) -> None:
    """Who was let in is let in again, with the same identity; who came since isn't there."""
    need("nextcloud", "user_oidc")
    slug, code = FRELIGHSBURG.slug, FRELIGHSBURG.code

    def people() -> dict[str, dict[str, object]]:
        shown = json.loads(deployment.nuage("users", "list", slug, "--json").stdout)["people"]
        return {one["username"]: one for one in shown}

    header, first, second, *_ = (deployment.folder / "personnes.csv").read_text("utf-8").splitlines()
    sheet = deployment.folder / "essai.csv"
    sheet.write_text(f"{header}\n{first}\n", "utf-8")
    deployment.nuage("users", "import", str(sheet), slug, "--no-mail")
    keeping.backup(FRELIGHSBURG)
    before = people()
    name = next(iter(before))
    try:
        deployment.nuage("users", "disable", slug, name)
        sheet.write_text(f"{header}\n{second}\n", "utf-8")
        deployment.nuage("users", "import", str(sheet), slug, "--no-mail")
        assert people() != before
        deployment.nuage("restore", slug, "--consent-restore", code, "--only", "identity")
        assert people() == before
        assert json.loads(deployment.nuage("drift", "--only", slug, "--json").stdout) == {}
    finally:
        sheet.unlink()
