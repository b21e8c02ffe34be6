"""A municipality that arrives with its own directory: its people sign in with the passwords they have there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.browsing import Browser
from tests.deployed import FRELIGHSBURG, Deployment
from tests.infra.accounts import Accounts
from tests.infra.arriving import arriving, leave, traces
from tests.infra.slapd import FORMER, NAME, PEOPLE, Directory, directory
from tests.realm import HOME, Person, enter, role, sign_in
from tests.vouching import TOWN_HALL, Authority

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("identity")]
TOWN = FRELIGHSBURG
CODE = TOWN.code
FILES = (f"/etc/nuage/keycloak/vault/{CODE}_ldap-bind", f"/etc/nftables.d/identity/{CODE}-identity.nft")
FEDERATIONS = f"/{CODE}/components?type=org.keycloak.storage.UserStorageProvider"


@pytest.fixture(scope="module")
def town(deployment: Deployment, accounts: Accounts) -> Iterator[Directory]:
    """The directory of Frelighsburg, whose certificate the town hall's own authority vouches for."""
    with (
        directory(deployment, TOWN_HALL) as made,
        arriving(deployment, TOWN, "ldap_bind_password", made.secret, federation=made.spec),
    ):
        yield made


def known(accounts: Accounts, person: Person) -> dict[str, Any]:
    """What the realm knows of somebody of the directory, as if for the first time."""
    accounts.admin("POST", f"/{CODE}/clear-user-cache")
    (found,) = accounts.admin("GET", f"/{CODE}/users?username={person.user}")
    found["groups"] = [one["name"] for one in accounts.admin("GET", f"/{CODE}/users/{found['id']}/groups")]
    return dict(found)


def told(deployment: Deployment) -> str:
    """Who may still come in, as applications are told for those who use programs alone."""
    deployment.sh("systemctl start nuage-identity-directories; systemctl start nuage-identity-people")
    return deployment.sh(f"cat /run/nuage-people/{CODE}-*.json")


def refused(another: Callable[[], Browser], person: Person) -> str:
    """What somebody reads who stays outside."""
    browser = another()
    page = sign_in(browser, person, f"{HOME}/wp-admin/")
    assert page.host != TOWN.domain, page.address
    assert role(browser) == ""
    return page.text


def test_people_sign_in_with_the_passwords_they_have_there(
    town: Directory, accounts: Accounts, another: Callable[[], Browser]
) -> None:
    person, browser = town.person("employes"), another()
    enter(browser, person)
    assert role(browser) == "contributor"
    first = known(accounts, person)
    assert (first["firstName"], first["lastName"], first["groups"]) == ("Élise", "Annuaire", ["employes"])
    assert first["emailVerified"]
    if "nextcloud" in TOWN.services:
        assert browser.get(f"https://{TOWN.cloud}/").address == f"https://{TOWN.cloud}/apps/files/"
    enter(another(), person)
    assert known(accounts, person)["id"] == first["id"]
    assert "invalide" in refused(another, replace(person, password="Une-autre-phrase-9"))


def test_who_administers_by_the_directory_shows_a_second_factor(
    town: Directory, accounts: Accounts, another: Callable[[], Browser]
) -> None:
    person, browser = town.person("administrateurs"), another()
    page = sign_in(browser, person, f"{HOME}/wp-admin/")
    assert "totpSecret" in page.form()[1], page.text
    assert role(browser) == ""


def test_who_is_locked_there_is_refused_and_signed_in_no_more(
    town: Directory, accounts: Accounts, another: Callable[[], Browser]
) -> None:
    person = town.person("employes")
    enter(another(), person)
    town.lock(person)
    # What Keycloak remembers doesn't help: the directory itself says no to the password.
    refused(another, person)
    assert not known(accounts, person)["enabled"]


def test_who_is_gone_there_is_out_within_minutes_and_keeps_their_number(
    town: Directory, deployment: Deployment, accounts: Accounts, another: Callable[[], Browser]
) -> None:
    """Their files are by that number: a branch written wrongly, or a mistake of the directory's, loses nothing."""
    person = town.person("employes")
    with accounts.application(TOWN) as application:
        browser = another()
        page = browser.submit(application.ask(browser), username=person.user, password=person.password)
        tokens = application.take(browser, page)
        number = known(accounts, person)["id"]
        assert number in told(deployment)
        town.leave_group(person, "employes")
        assert known(accounts, person)["groups"] == []
        town.move(person, FORMER)
        (settings,) = [one["config"] for one in accounts.admin("GET", FEDERATIONS)]
        # Not waited for: known() makes Keycloak forget.
        assert (settings["cachePolicy"], settings["maxLifespan"]) == (["MAX_LIFESPAN"], ["300000"])
        gone = known(accounts, person)
        assert (gone["id"], gone["enabled"]) == (number, False)
        assert application.renew(browser, tokens)["error"] == "invalid_grant"
        refused(another, person)
        assert number not in told(deployment)
        town.move(person, PEOPLE)
        back = known(accounts, person)
        assert (back["id"], back["enabled"]) == (number, True)
        assert number in told(deployment)
        again = another()
        page = again.submit(application.ask(again), username=person.user, password=person.password)
        application.take(again, page)


def test_a_directory_that_nobody_vouches_for_is_told_no_password(
    town: Directory, deployment: Deployment, accounts: Accounts, another: Callable[[], Browser]
) -> None:
    person, stranger = town.person("employes"), Authority("inconnue.pem")
    stranger.make(deployment.folder)
    enter(another(), person)
    number = known(accounts, person)["id"]
    try:
        town.start(stranger)
        refused(another, person)
        # What it can't say keeps nobody out of what they have already.
        accounts.admin("POST", f"/{CODE}/clear-user-cache")
        assert number in told(deployment)
    finally:
        town.start(TOWN_HALL)
    enter(another(), person)


def test_its_secret_is_a_file_of_keycloaks_and_nowhere_else(
    town: Directory, deployment: Deployment, accounts: Accounts
) -> None:
    assert traces(deployment, town.secret) == []
    assert deployment.sh(f"stat -c '%U:%G %a' {FILES[0]}").strip() == "root:keycloak 640"
    assert deployment.sh(f"cat {FILES[0]}") == town.secret
    (settings,) = [one["config"] for one in accounts.admin("GET", FEDERATIONS)]
    assert settings["bindCredential"] == ["${vault.ldap-bind}"]


def test_nothing_differs_and_nothing_is_left_to_do(
    town: Directory, deployment: Deployment, accounts: Accounts
) -> None:
    assert "changed=0" in accounts.converge(TOWN, "--check", "--diff")
    done = deployment.apply("--only", TOWN.slug)
    assert {result["outcome"] for result in done["hosts"].values()} == {"unchanged"}


def test_it_is_taken_away_with_its_people_by_consent_alone(
    town: Directory, deployment: Deployment, accounts: Accounts, another: Callable[[], Browser]
) -> None:
    person = town.person("employes")
    enter(another(), person)
    assert str(deployment.lab.status().names[NAME]) in deployment.sh(f"cat {FILES[1]}")
    deployment.change(TOWN, services=TOWN.services)
    said = deployment.nuage("apply", "--yes", "--only", TOWN.slug, code=4)
    assert f"--consent-people {CODE}" in said.stderr
    enter(another(), person)
    leave(deployment, TOWN)
    assert accounts.admin("GET", FEDERATIONS) == []
    assert accounts.admin("GET", f"/{CODE}/users?username={person.user}") == []
    assert deployment.sh(f"ls {' '.join(FILES)} 2>/dev/null", code=None) == ""
    assert f'"{CODE}"' not in deployment.sh("nft list chain inet nuage identity_municipalities")
    assert "invalide" in refused(another, person)
    assert "changed=0" in accounts.converge(TOWN, "--check", "--diff")
