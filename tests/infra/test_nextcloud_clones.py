"""A municipality's Nextcloud as a copy of the golden one: without a trace of it, checked, and corrected."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.clouds import Cloud
from tests.deployed import Deployment

pytestmark = pytest.mark.lab
OWN = ("instanceid", "secret", "passwordsalt")
LOOK = "nuage_test_look"


def configured(deployment: Deployment, home: str) -> dict[str, str]:
    text = deployment.sh(f"cat {home}/config/config.php")
    return {name: re.search(rf"'{name}' => '([^']+)'", text).group(1) for name in OWN}  # type: ignore[union-attr]


def psql(deployment: Deployment, statement: str, database: str = "postgres") -> str:
    return deployment.sh(
        f"psql -XqtA -U postgres -h /run/postgresql -d {database} -v ON_ERROR_STOP=1 -f -",
        body=statement.encode(),
    )


@pytest.fixture
def golden(cloud: Cloud) -> Iterator[str]:
    """A copy of the golden database that can be looked at: nobody may connect to that itself."""
    name = json.loads(cloud.deployment.sh("cat /var/lib/nuage/nextcloud/golden.json"))["database"]
    psql(cloud.deployment, f'CREATE DATABASE {LOOK} TEMPLATE "{name}" ALLOW_CONNECTIONS true;')
    yield LOOK
    psql(cloud.deployment, f"DROP DATABASE {LOOK} WITH (FORCE);")


def dump(deployment: Deployment, database: str) -> str:
    return deployment.sh(f"pg_dump --inserts -U postgres -h /run/postgresql {database}")


def test_nothing_of_the_golden_instance_lives_on(cloud: Cloud, other: Cloud, golden: str) -> None:
    deployment = cloud.deployment
    names = configured(deployment, "/srv/nextcloud-golden")
    traces = [*names.values(), "/srv/nextcloud-golden", "nuage-golden", "golden.invalid"]
    sealed = dump(deployment, golden)
    for table in (
        "users",
        "authtoken",
        "preferences",
        "storages",
        "filecache",
        "mounts",
        "user_oidc_providers",
    ):
        assert f"INSERT INTO public.oc_{table} " not in sealed, table
    for each in (cloud, other):
        database = dump(deployment, each.site.user)
        assert "INSERT INTO public.oc_users " in database, "the dump holds data"
        for trace in traces:
            assert trace not in database, (each.site.slug, trace)
            # What PHP compiled came from the golden instance too.
            places = f"{each.home} /srv/tenants/{each.site.user}/cache"
            found = deployment.sh(f"grep -rlF -- '{trace}' {places} || true", code=None)
            assert found == "", (each.site.slug, trace)


def test_each_has_an_identity_of_its_own(cloud: Cloud, other: Cloud) -> None:
    mine, theirs = (configured(cloud.deployment, each.home) for each in (cloud, other))
    for name in OWN:
        assert mine[name] != theirs[name], name
    assert (
        psql(cloud.deployment, "SELECT count(*) FROM oc_users WHERE uid LIKE 'admin-%';", cloud.site.user)
        == "1\n"
    )
    assert f"admin-{cloud.site.code}" in cloud.occ("user:list", "--disabled", "--output=json")


def test_drift_by_hand_is_told_and_corrected(cloud: Cloud) -> None:
    cloud.occ("config:system:set", "updatechecker", "--value=true", "--type=boolean")
    cloud.occ("config:app:set", "files_sharing", "outgoing_server2server_share_enabled", "--value=yes")
    cloud.occ("app:enable", "weather_status")
    try:
        told = cloud.deployment.nuage("drift", "--only", cloud.site.slug, code=9).stdout
        for word in ("updatechecker", "outgoing_server2server_share_enabled", "weather_status"):
            assert word in told
        secret = configured(cloud.deployment, cloud.home)["secret"]
        assert secret not in told
    finally:
        cloud.deployment.nuage("apply", "--yes", "--full", "--only", cloud.site.slug)
    assert cloud.occ("config:system:get", "updatechecker").strip() == "false"
    assert "weather_status" not in json.loads(cloud.occ("app:list", "--output=json"))["enabled"]
    assert json.loads(cloud.deployment.nuage("drift", "--only", cloud.site.slug, "--json").stdout) == {}


def test_what_nextcloud_finds_wrong_fails_the_run(cloud: Cloud) -> None:
    psql(cloud.deployment, "DROP INDEX public.fs_size;", cloud.site.user)
    try:
        done = cloud.deployment.nuage("apply", "--yes", "--full", "--only", cloud.site.slug, code=8)
        assert "DatabaseHasMissingIndices" in done.stdout + done.stderr
    finally:
        cloud.occ("db:add-missing-indices")
    cloud.deployment.nuage("apply", "--yes", "--only", cloud.site.slug)


def test_the_golden_instance_was_asked_what_its_clones_are_not(cloud: Cloud) -> None:
    record = json.loads(cloud.deployment.sh("cat /var/lib/nuage/nextcloud/golden.json"))
    # A check that Nextcloud calls otherwise one day would be asked of every municipality again.
    assert [name.rpartition("\\")[2] for name in record["checked"]] == [
        "DatabaseHasMissingColumns",
        "DatabaseHasMissingIndices",
        "DatabaseHasMissingPrimaryKeys",
        "DatabasePendingBigIntConversions",
    ]


def test_half_a_golden_instance_is_begun_again(cloud: Cloud) -> None:
    deployment = cloud.deployment
    kept = deployment.sh("cat /var/lib/nuage/nextcloud/golden.json")
    # As it is when an installation stops half-way: a database that is open, and no record.
    name = json.loads(kept)["database"]
    psql(deployment, f'ALTER DATABASE "{name}" IS_TEMPLATE false ALLOW_CONNECTIONS true;')
    psql(deployment, "DROP TABLE public.oc_users;", name)
    deployment.sh("rm /var/lib/nuage/nextcloud/golden.json")
    deployment.nuage("apply", "--yes", "--full")
    assert deployment.sh("cat /var/lib/nuage/nextcloud/golden.json") == kept
    assert cloud.ask("GET", "/status.php").status == 200
