"""Realms as deployments keep them: reconciled, drift told by name, people left alone; and people from files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provisioner.lab import mail
from tests.deployed import DUNHAM, FRELIGHSBURG, Deployment, wait_until
from tests.infra.accounts import Accounts

TOWN = FRELIGHSBURG
CODE = TOWN.code
MASK = "**********"
"""A known fault of others: what the server shows instead of a secret is sent back, and becomes the secret."""
BY_HAND = "changed-by-hand"


def spoil(accounts: Accounts) -> None:
    """Change by hand what the deployment owns, and make what it doesn't."""
    client = accounts.client(CODE, "admin-cli")
    groups = {group["name"]: group for group in accounts.admin("GET", f"/{CODE}/groups")}
    manager = accounts.client(CODE, "realm-management")["id"]
    role = accounts.admin("GET", f"/{CODE}/clients/{manager}/roles/realm-admin")
    relay = {"host": "192.0.2.9", "from": "a@ville.example", "auth": "true", "user": "u", "password": "p"}
    listed = accounts.admin("GET", f"/{CODE}/authentication/flows/nuage%20sign-in/executions")
    codes = [one for one in listed if one.get("providerId") == "auth-otp-form"]
    answers = accounts.several(
        (
            "PUT",
            f"/{CODE}",
            {"bruteForceProtected": False, "passwordPolicy": "length(4)", "smtpServer": relay},
        ),
        (
            "PUT",
            f"/{CODE}/clients/{client['id']}",
            {**client, "enabled": True, "directAccessGrantsEnabled": True},
        ),
        ("POST", f"/{CODE}/groups/{groups['elus']['id']}/role-mappings/clients/{manager}", [role]),
        ("DELETE", f"/{CODE}/groups/{groups['redaction-web']['id']}", None),
        ("POST", f"/{CODE}/groups", {"name": "Bibliothèque"}),
        ("POST", f"/{CODE}/clients", {"clientId": "intranet", "publicClient": True}),
        *(
            (
                "PUT",
                f"/{CODE}/authentication/flows/nuage%20sign-in/executions",
                {**one, "requirement": "DISABLED"},
            )
            for one in codes
        ),
    )
    assert all(status < 300 for status, _answer, _seconds in answers), answers


def test_what_was_changed_by_hand_is_told_by_name_and_corrected_and_people_stay(accounts: Accounts) -> None:
    secrets = {one["clientId"]: one.get("secret") for one in accounts.admin("GET", f"/{CODE}/clients")}
    with accounts.person(TOWN, "employes") as person:
        spoil(accounts)
        try:
            told = accounts.converge(TOWN, "--check", "--diff")
            for name in (
                "realm bruteForceProtected",
                "realm passwordPolicy",
                "realm smtpServer",
                "client admin-cli enabled",
                "group elus",
                "group redaction-web",
                "flow nuage sign-in",
            ):
                assert name in told, told
            assert "intranet" not in told
            for secret in (BY_HAND, *filter(None, secrets.values())):
                assert secret not in told
            assert accounts.admin("GET", f"/{CODE}")["passwordPolicy"] == "length(4)", "drift changes nothing"
        finally:
            accounts.converge(TOWN)
        assert "changed=0" in accounts.converge(TOWN, "--check", "--diff")
        kept = accounts.admin("GET", f"/{CODE}/users/{person.number}")
        assert kept["username"] == person.username
    groups = {group["name"]: group["id"] for group in accounts.admin("GET", f"/{CODE}/groups")}
    assert groups.keys() > {"Bibliothèque", "elus", "redaction-web"}
    accounts.admin("DELETE", f"/{CODE}/groups/{groups['Bibliothèque']}")
    listed = {one["clientId"]: one for one in accounts.admin("GET", f"/{CODE}/clients")}
    accounts.admin("DELETE", f"/{CODE}/clients/{listed.pop('intranet')['id']}")
    assert {name: one.get("secret") for name, one in listed.items()} == secrets
    assert MASK not in json.dumps([accounts.admin("GET", f"/{CODE}"), listed])


SHEET = """prénom,nom,courriel,groupes
Émilie,Tremblay-Essai,e.tremblay@frelighsburg.example,administrateurs
Jean,Roy-Essai,j.roy@frelighsburg.example,employés|rédaction web
"""


@pytest.fixture
def people(accounts: Accounts) -> Any:
    yield accounts
    found = accounts.admin("GET", f"/{CODE}/users?max=500")
    for one in found:
        if one.get("lastName", "").endswith("-Essai"):
            accounts.admin("DELETE", f"/{CODE}/users/{one['id']}")


def outcomes(deployment: Deployment, *words: str) -> list[tuple[str, bool]]:
    said = json.loads(deployment.nuage("users", "import", *words, "--json").stdout)
    return [(one["outcome"], one["invited"]) for one in said["people"]]


def addressed(deployment: Deployment) -> list[str]:
    return [str(message["To"]) for message in mail.messages(deployment.lab.paths)]


def test_a_files_people_are_invited_once(people: Accounts, tmp_path: Path) -> None:
    deployment = people.deployment
    file = tmp_path / "gens.csv"
    file.write_text(SHEET, encoding="utf-8")
    before = len(addressed(deployment))
    assert outcomes(deployment, str(file), TOWN.slug, "--dry-run") == [("created", True)] * 2
    assert "e.tremblay" not in deployment.nuage("users", "list", TOWN.slug).stdout
    assert outcomes(deployment, str(file), TOWN.slug) == [("created", True)] * 2
    wait_until(lambda: len(addressed(deployment)) == before + 2, 30, "two invitations")
    assert {"e.tremblay@frelighsburg.example", "j.roy@frelighsburg.example"} <= set(addressed(deployment))
    assert outcomes(deployment, str(file), TOWN.slug) == [("unchanged", False)] * 2
    file.write_text(SHEET.replace("Jean", "Jeanne").replace("|rédaction web", ""), encoding="utf-8")
    assert outcomes(deployment, str(file), TOWN.slug) == [("unchanged", False), ("changed", False)]
    listed = json.loads(deployment.nuage("users", "list", TOWN.slug, "--json").stdout)["people"]
    groups = {one["username"]: one["groups"] for one in listed}
    assert groups["j.roy@frelighsburg.example"] == ["employes"]
    assert groups["e.tremblay@frelighsburg.example"] == ["administrateurs"]
    assert len(addressed(deployment)) == before + 2


def test_nobody_of_a_file_is_named_in_logs(people: Accounts, tmp_path: Path) -> None:
    deployment = people.deployment
    file = tmp_path / "gens.csv"
    file.write_text(SHEET, encoding="utf-8")
    deployment.nuage("users", "import", str(file), TOWN.slug, "--no-mail")
    for log in (deployment.folder / "runs").glob("*"):
        assert "-Essai" not in log.read_text(encoding="utf-8"), log
    assert "-Essai" not in deployment.sh("journalctl --no-pager --output=cat")


def test_a_file_with_anything_wrong_sends_nothing(people: Accounts, tmp_path: Path) -> None:
    file = tmp_path / "gens.csv"
    file.write_text(SHEET + "X,Y-Essai,pas-un-courriel,mairie\n", encoding="utf-8")
    said = people.deployment.nuage("users", "import", str(file), TOWN.slug, code=3).stderr
    assert "gens.csv:4" in said
    assert "mairie" in said
    assert "e.tremblay" not in people.deployment.nuage("users", "list", TOWN.slug).stdout


def test_a_municipalitys_own_network_reaches_its_own_realm_alone(accounts: Accounts) -> None:
    deployment = accounts.deployment
    own, other = CODE, DUNHAM.code
    with accounts.elsewhere() as source:
        services = {**TOWN.services, "identity": {"administration_networks": [f"{source}/32"]}}
        deployment.change(TOWN, services=services)
        try:
            deployment.apply("--only", TOWN.slug)
            assert accounts.status_from(source, f"/admin/{own}/console/") == 200
            assert accounts.status_from(source, f"/admin/realms/{own}") == 401
            assert accounts.status_from(source, "/admin/serverinfo") == 401
            for path in (
                f"/admin/{other}/console/",
                f"/admin/realms/{other}",
                "/admin/master/console/",
                "/realms/master",
            ):
                assert accounts.status_from(source, path) == 403, path
        finally:
            deployment.change(TOWN, services=TOWN.services)
            deployment.apply("--only", TOWN.slug)
        assert accounts.status_from(source, f"/admin/{own}/console/") == 403


def test_rules_that_nft_refuses_are_put_aside_alone(accounts: Accounts) -> None:
    deployment, folder = accounts.deployment, "/etc/nftables.d/identity"
    good = "add table inet nuage\nadd chain inet nuage identity_municipalities\n"
    good += 'add rule inet nuage identity_municipalities ip daddr 192.0.2.9 tcp dport 636 accept comment "99998"\n'
    deployment.sh(f"mkdir -p {folder}; cat > {folder}/99998-identity.nft", body=good.encode())
    deployment.sh(f"echo 'add rule inet nuage nowhere accept' > {folder}/99999-identity.nft")
    deployment.sh("touch /run/nuage/pending/nftables:identity.nft")
    try:
        accounts.converge(TOWN)
        assert deployment.sh(f"ls {folder}").split() == ["99998-identity.nft"]
        assert "99999-identity.nft.why" in deployment.sh("ls /var/lib/nuage/quarantine")
        assert "99998" in deployment.sh("nft list chain inet nuage identity_municipalities")
        assert "identity_refused" in deployment.sh("nft list chain inet nuage identity")
    finally:
        deployment.sh(f"rm -f {folder}/9999* /var/lib/nuage/quarantine/99999*")
        deployment.sh("nft --file /etc/nftables.d/tenants/identity.nft")
