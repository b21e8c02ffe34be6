"""A municipality with all the services: its accounts' server down while it changes; suspended and back; leaving."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from tests.clouds import Cloud, Person
from tests.deployed import ABERCORN, FRELIGHSBURG, Deployment, need, wait_until
from tests.infra.accounts import Accounts
from tests.towns import IDENTITY_DOMAIN

pytestmark = pytest.mark.lab
TOWN = FRELIGHSBURG
ACCOUNTS, APPLICATIONS = f"{TOWN.code}-identity", f"{TOWN.code}-apps"
KEYCLOAK = "nuage-identity.service"


@pytest.fixture
def kept(deployment: Deployment) -> Iterator[tuple[Cloud, Person, str]]:
    """A file that somebody of the municipality put in its Nextcloud, and the way to it."""
    need("nextcloud", "user_oidc")
    cloud = Cloud(deployment, TOWN)
    with cloud.person() as person:
        path = cloud.file(person, "proc%C3%A8s-verbal.txt")
        assert cloud.ask("PUT", path, person=person, body=b"garde").status == 201
        yield cloud, person, path


def resumed(deployment: Deployment) -> None:
    deployment.nuage("request", "resume", TOWN.slug, "--reason", "test")
    assert deployment.apply()["hosts"][APPLICATIONS]["outcome"] == "changed"
    assert {result["outcome"] for result in deployment.apply()["hosts"].values()} == {"unchanged"}


def test_accounts_are_down_while_it_changes(deployment: Deployment, accounts: Accounts) -> None:
    """What needs them fails in words; the applications go on, and the next run does what is left."""
    deployment.sh(f"systemctl stop {KEYCLOAK}")
    deployment.change(TOWN, language="en")
    try:
        done = json.loads(deployment.nuage("apply", "--yes", "--json", code=8).stdout)
        assert done["hosts"][ACCOUNTS]["outcome"] == "failed", done["hosts"][ACCOUNTS]
        assert done["hosts"][ACCOUNTS]["reason"].startswith("apply."), done["hosts"][ACCOUNTS]
        assert done["hosts"][APPLICATIONS]["outcome"] == "changed"
        assert done["hosts"][f"{ABERCORN.code}-apps"]["outcome"] == "unchanged"
        said = deployment.nuage("apply", "--yes", code=8)
        assert "accounts" in said.stdout
        assert "Traceback" not in said.stdout + said.stderr
        deployment.answers(TOWN, ABERCORN)
        deployment.sh(f"systemctl start {KEYCLOAK}")
        deployment.nuage("apply", "--yes")
        assert accounts.admin("GET", f"/{TOWN.code}")["defaultLocale"] == "en"
    finally:
        deployment.sh(f"systemctl start {KEYCLOAK}")
        deployment.change(TOWN, language=TOWN.language)
        deployment.nuage("apply", "--yes")
    assert {result["outcome"] for result in deployment.apply()["hosts"].values()} == {"unchanged"}


def test_suspended_and_resumed(
    deployment: Deployment, accounts: Accounts, kept: tuple[Cloud, Person, str]
) -> None:
    cloud, person, path = kept
    deployment.nuage("request", "suspend", TOWN.slug, "--reason", "test")
    try:
        done = deployment.apply()
        assert {done["hosts"][name]["outcome"] for name in (ACCOUNTS, APPLICATIONS)} == {"changed"}
        assert accounts.admin("GET", f"/{TOWN.code}")["enabled"] is False
        for page in ("/", "/login", "/status.php", path):
            answer = cloud.ask("GET", page)
            assert (answer.status, b"<html" in answer.body) == (503, True), page
        assert deployment.get(TOWN).status == 503
        wait_until(lambda: not deployment.processes(TOWN), 30, "nothing of it runs")
        deployment.nuage("verify")
        assert json.loads(deployment.nuage("drift", "--only", TOWN.slug, "--json").stdout) == {}
    finally:
        resumed(deployment)
    assert accounts.admin("GET", f"/{TOWN.code}")["enabled"] is True
    assert cloud.ask("GET", path, person=person).body == b"garde"


def test_leaving_is_read_only(
    deployment: Deployment, accounts: Accounts, kept: tuple[Cloud, Person, str]
) -> None:
    """People still sign in and take their files away; nothing new comes in."""
    cloud, person, path = kept
    until = (date.today() + timedelta(days=30)).isoformat()
    deployment.nuage("request", "leave", TOWN.slug, "--until", until, "--reason", "test")
    try:
        deployment.nuage("apply", "--yes")
        assert accounts.admin("GET", f"/{TOWN.code}")["enabled"] is True
        assert cloud.ask("GET", path, person=person).body == b"garde"
        assert cloud.ask("PUT", path, person=person, body=b"autre").status == 403
        assert cloud.ask("DELETE", path, person=person).status == 403
        assert cloud.ask("MKCOL", f"{path}-dossier", person=person).status == 403
        sent = cloud.ask("GET", "/index.php/apps/user_oidc/login/1").headers.get("location", "")
        assert IDENTITY_DOMAIN in sent
        assert json.loads(deployment.nuage("drift", "--only", TOWN.slug, "--json").stdout) == {}
    finally:
        resumed(deployment)
    assert cloud.ask("PUT", path, person=person, body=b"autre").status == 204
