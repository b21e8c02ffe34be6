"""A municipality's life on a server: deployed, unchanged, drifted, suspended, back, leaving."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from provisioner.verification import web
from tests.deployed import ABERCORN, GARDIEN, HOST, ILES, Deployment, Site

pytestmark = pytest.mark.lab


def host(site: Site) -> str:
    return f"{site.code}-apps"


def rows(deployment: Deployment) -> dict[str, dict[str, object]]:
    return {row["host"]: row for row in json.loads(deployment.nuage("status", "--json").stdout)}


def differs(deployment: Deployment) -> dict[str, object]:
    """What `nuage drift` says of the municipality whose life this is."""
    return dict(json.loads(deployment.nuage("drift", "--only", ABERCORN.slug, "--json").stdout))


def test_a_second_apply_changes_nothing(deployment: Deployment) -> None:
    done = deployment.apply()
    assert {name: result["outcome"] for name, result in done["hosts"].items()} == dict.fromkeys(
        [HOST, *(name for site in deployment.sites for name in site.hosts)], "unchanged"
    )
    last = max((deployment.folder / "runs").glob("*.log"), key=lambda path: path.stat().st_mtime)
    log = last.read_text(encoding="utf-8")
    assert "TASK [State | Compare digests" in log
    assert "platform.server_" not in log
    assert "platform.tenant_" not in log


def test_a_full_apply_changes_nothing_either(deployment: Deployment) -> None:
    """Every task of every role runs again, and finds all as it should be."""
    done = deployment.apply("--full")
    assert {name: result["changes"] for name, result in done["hosts"].items() if result["changes"]} == {}


def test_nothing_differs_after_apply(deployment: Deployment) -> None:
    assert json.loads(deployment.nuage("drift", "--json").stdout) == {}


HAND_MADE = (
    f"echo '; by hand' >> /etc/nuage/php/{ABERCORN.code}-wordpress.conf",
    f"rm /etc/nginx/nuage.d/{ABERCORN.code}-wordpress.conf",
    f"chmod 0644 /etc/wordpress/config-{ABERCORN.code}.php",
    f"btrfs qgroup limit none /srv/tenants/{ABERCORN.user}",
    f"mariadb -e 'GRANT ALL ON *.* TO {ABERCORN.user}@localhost'",
    f"chmod 0777 /srv/tenants/{ABERCORN.user}/wordpress/wp-content",
)


def test_changes_by_hand_are_reported_and_mended(deployment: Deployment) -> None:
    deployment.sh("; ".join(HAND_MADE))
    try:
        found = json.loads(deployment.nuage("drift", "--json", code=9).stdout)
        assert list(found) == [host(ABERCORN)], "nobody else differs"
        shown = deployment.nuage("drift", "--only", ABERCORN.slug, code=9).stdout
        assert "Abercorn (46005)" in shown
        assert "-; by hand" in shown
        said = shown + json.dumps(found)
        for word in (f"{ABERCORN.code}-wordpress.conf", f"config-{ABERCORN.code}.php", "limit", "privileges"):
            assert word in said, word
    finally:
        deployment.nuage("apply", "--yes", "--full", "--only", ABERCORN.slug)
    assert differs(deployment) == {}
    deployment.answers(ABERCORN)


def test_what_php_leaves_goes_after_some_days(deployment: Deployment) -> None:
    """Sessions that ended; not those in use, and nothing of the site's own."""
    place = f"/srv/tenants/{ABERCORN.user}"
    old, used, page = (
        f"{place}/tmp/sess_vieille",
        f"{place}/tmp/sess_neuve",
        f"{place}/wordpress/wp-content/vieux",
    )
    deployment.sh(f"touch {used}; touch -d '-4 days' {old} {page}")
    try:
        deployment.sh("systemd-tmpfiles --clean /etc/tmpfiles.d/nuage-php.conf")
        assert deployment.sh(f"ls {old} {used} {page} 2>/dev/null || true").split() == [used, page]
    finally:
        deployment.sh(f"rm -f {old} {used} {page}")


def test_status_tells_what_runs(deployment: Deployment) -> None:
    deployment.answers()
    seen = rows(deployment)
    assert set(seen) == {name for site in deployment.sites for name in site.hosts}
    assert {row["state"] for row in seen.values()} == {"active"}
    assert seen[host(ILES)]["process"] == "resident"
    assert seen[host(ABERCORN)]["process"] == "awake"
    assert all(row["current"] for row in seen.values())
    assert all(str(seen[host(site)]["versions"]).startswith("WordPress 6.") for site in deployment.sites)
    limit = seen[host(ABERCORN)]["disk_limit_bytes"]
    assert limit == ABERCORN.disk_mib * 3 // 4 * 1024**2
    table = deployment.nuage("status").stdout
    assert "Abercorn (46005)" in table


def test_verify_is_all_good(deployment: Deployment) -> None:
    shown = deployment.nuage("verify").stdout
    verdicts = json.loads(deployment.nuage("verify", "--json").stdout)
    assert len(verdicts) == sum(len(site.hosts) for site in deployment.sites) + 1, shown
    assert not any(verdict["failed"] for verdict in verdicts), shown
    assert all(verdict["passed"] >= (4 if "identity" in verdict["host"] else 10) for verdict in verdicts), (
        shown
    )


def test_verify_sees_what_is_wrong(deployment: Deployment) -> None:
    deployment.sh(f"chmod 0755 /srv/tenants/{GARDIEN.user}")
    try:
        verdicts = json.loads(deployment.nuage("verify", "--json", code=9).stdout)
    finally:
        deployment.sh(f"chmod 0750 /srv/tenants/{GARDIEN.user}")
    failed = {verdict["host"]: list(verdict["failed"]) for verdict in verdicts if verdict["failed"]}
    assert failed == {host(GARDIEN): ["test_place_is_closed_and_limited"]}


@pytest.fixture
def own_page(deployment: Deployment) -> Iterator[str]:
    """Something that the municipality uploaded, to be found again."""
    path = "/wp-content/uploads/nuage-test-kept.txt"
    deployment.php(
        ABERCORN,
        f"echo json_encode(file_put_contents('/srv/tenants/{ABERCORN.user}/wordpress{path}', 'kept'));",
    )
    yield path
    deployment.sh(f"rm -f /srv/tenants/{ABERCORN.user}/wordpress{path}")


def test_suspended_and_resumed(deployment: Deployment, own_page: str) -> None:
    deployment.nuage("request", "suspend", ABERCORN.slug, "--reason", "test")
    try:
        done = deployment.apply()
        assert done["hosts"][host(ABERCORN)]["outcome"] == "changed"
        assert done["hosts"][host(GARDIEN)]["outcome"] == "unchanged"
        answer = deployment.get(ABERCORN)
        assert (answer.status, "<html" in answer.body) == (503, True)
        assert deployment.get(ABERCORN, own_page).status == 503
        assert deployment.processes(ABERCORN) == []
        assert rows(deployment)[host(ABERCORN)]["state"] == "suspended"
        assert deployment.sh(f"cat /srv/tenants/{ABERCORN.user}/wordpress{own_page}") == "kept"
        deployment.nuage("verify")
        assert differs(deployment) == {}
        deployment.answers(GARDIEN, ILES)
    finally:
        deployment.nuage("request", "resume", ABERCORN.slug, "--reason", "test")
        deployment.nuage("apply", "--yes")
    assert deployment.get(ABERCORN).status == 200
    assert deployment.get(ABERCORN, own_page).body == "kept"


WRITES = (
    "INSERT INTO wp_options (option_name, option_value) VALUES ('nuage_test', 'x')",
    "UPDATE wp_posts SET post_title='x'",
    "DELETE FROM wp_posts",
    "DROP TABLE wp_posts",
    "CREATE TABLE nuage_test (a INT)",
)


def test_leaving_is_read_only(deployment: Deployment, own_page: str) -> None:
    until = (date.today() + timedelta(days=30)).isoformat()
    deployment.nuage("request", "leave", ABERCORN.slug, "--until", until, "--reason", "test")
    try:
        deployment.nuage("apply", "--yes")
        assert deployment.get(ABERCORN).status == 200
        assert deployment.get(ABERCORN, own_page).body == "kept"
        assert deployment.get(ABERCORN, "/wp-login.php").status == 403
        assert deployment.get(ABERCORN, "/wp-admin/").status == 403
        status = deployment.lab.status()
        posted = web.get(
            ABERCORN.domain,
            str(status.hosts[0].address),
            "/index.php",
            authority=str(status.acme_root),
            method="POST",
        )
        assert posted.status == 403
        for sql in WRITES:
            name, socket = ABERCORN.user, "/run/mysqld/mysqld.sock"
            tried = (
                f"$link = new mysqli('localhost', '{name}', '', '{name}', 0, '{socket}'); $code = 0;"
                f'try {{ $link->query("{sql}"); }} catch (Throwable $e) {{ $code = $e->getCode(); }}'
                "echo json_encode($code);"
            )
            assert deployment.php(ABERCORN, tried) == 1142, sql
        assert rows(deployment)[host(ABERCORN)]["state"] == "leaving"
        assert differs(deployment) == {}
    finally:
        deployment.nuage("request", "resume", ABERCORN.slug, "--reason", "test")
        deployment.nuage("apply", "--yes")
    assert deployment.get(ABERCORN, "/wp-login.php").status == 200
