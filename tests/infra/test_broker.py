"""A municipality that arrives with an OpenID Connect provider: here its neighbour's realm."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator

import pytest

from provisioner.lab import mail
from tests.browsing import Browser, Page
from tests.deployed import DUNHAM, FRELIGHSBURG, IDENTITY_DOMAIN, Deployment, wait_until
from tests.infra.accounts import Accounts, Person
from tests.infra.arriving import arriving, leave, traces
from tests.realm import HOME, role

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("identity")]
TOWN, PROVIDER = FRELIGHSBURG, DUNHAM
CODE = TOWN.code
CLIENT, SECRET = "frelighsburg-essai", secrets.token_urlsafe(24)
RETURN = f"https://{IDENTITY_DOMAIN}/realms/{CODE}/broker/fournisseur/endpoint"
SPEC = {
    "issuer": f"https://{IDENTITY_DOMAIN}/realms/{PROVIDER.code}",
    "client_id": CLIENT,
    "name": "Compte du réseau",
}
FILES = (f"/etc/nuage/keycloak/vault/{CODE}_broker", f"/etc/nftables.d/identity/{CODE}-identity.nft")
PROVIDERS = f"/{CODE}/identity-provider/instances"


@pytest.fixture(scope="module")
def provider(deployment: Deployment, accounts: Accounts) -> Iterator[None]:
    """Frelighsburg is a client of the provider, which asks its people whether they consent."""
    client = {
        "clientId": CLIENT,
        "secret": SECRET,
        "redirectUris": [RETURN],
        "consentRequired": True,
        "attributes": {"pkce.code.challenge.method": "S256"},
    }
    number = accounts.admin("POST", f"/{PROVIDER.code}/clients", client)
    try:
        with arriving(deployment, TOWN, "broker_client_secret", SECRET, broker=SPEC):
            yield
    finally:
        accounts.admin("DELETE", f"/{PROVIDER.code}/clients/{number}")


@pytest.fixture
def person(accounts: Accounts) -> Iterator[Person]:
    """Somebody of the provider's, who is nobody at the municipality afterwards."""
    with accounts.person(PROVIDER, "employes") as made:
        yield made
        for one in known(accounts, made):
            accounts.admin("DELETE", f"/{CODE}/users/{one['id']}")


def known(accounts: Accounts, person: Person) -> list[dict[str, object]]:
    """What the municipality's realm knows of somebody of the provider's."""
    return list(accounts.admin("GET", f"/{CODE}/users?username={person.username}&exact=true"))


def at_provider(browser: Browser, person: Person) -> Page:
    """From the website by the button of the provider, and the password there."""
    page = browser.get(f"{HOME}/wp-admin/")
    page = browser.get(page.link(r"/broker/fournisseur/login"))
    assert f"/realms/{PROVIDER.code}/" in page.address
    return browser.submit(page, username=person.username, password=person.password)


def answer(browser: Browser, page: Page, word: str) -> Page:
    """To the question whether one consents: ``accept`` or ``cancel``."""
    target, fields = page.form()
    assert "/login-actions/consent" in target
    return browser.open(target, fields | {word: word})


def confirmed(deployment: Deployment, browser: Browser, person: Person) -> Page:
    """Where the link leads that was mailed."""

    def links() -> list[str]:
        found = [one for one in mail.messages(deployment.lab.paths) if person.username in str(one["to"])]
        bodies = [body.get_content() for one in found if (body := one.get_body(("plain",)))]
        return [link for body in bodies for link in re.findall(r"https://\S+", str(body))]

    wait_until(lambda: bool(links()), 20, "mail that asks whether the address is theirs")
    return browser.get(links()[-1])


def test_the_first_time_an_address_is_confirmed_and_the_number_stays(
    provider: None, deployment: Deployment, accounts: Accounts, person: Person, another: Callable[[], Browser]
) -> None:
    browser = another()
    page = answer(browser, at_provider(browser, person), "accept")
    assert "VERIFY_EMAIL" in page.address
    assert role(browser) == ""
    page = confirmed(deployment, browser, person)
    # Whom the provider vouches for is somebody; what they may do is the municipality's to say.
    assert "login-error=unauthorized" in page.address
    (one,) = known(accounts, person)
    groups = {group["name"]: group["id"] for group in accounts.admin("GET", f"/{CODE}/groups")}
    accounts.admin("PUT", f"/{CODE}/users/{one['id']}/groups/{groups['employes']}")

    again = another()
    assert at_provider(again, person).address == f"{HOME}/wp-admin/"
    assert role(again) == "contributor"
    if "nextcloud" in TOWN.services:
        assert again.get(f"https://{TOWN.cloud}/").address == f"https://{TOWN.cloud}/apps/files/"
    assert [found["id"] for found in known(accounts, person)] == [one["id"]]

    # The municipality's own rules hold, whatever the provider asked for.
    accounts.admin("PUT", f"/{CODE}/users/{one['id']}/groups/{groups['administrateurs']}")
    administrator = another()
    assert "totpSecret" in at_provider(administrator, person).form()[1]
    assert role(administrator) == ""
    accounts.admin("PUT", f"/{CODE}/users/{one['id']}", {**one, "enabled": False})
    kept_out = another()
    assert at_provider(kept_out, person).host == IDENTITY_DOMAIN
    assert role(kept_out) == ""


def test_who_does_not_consent_stays_outside(
    provider: None, accounts: Accounts, person: Person, another: Callable[[], Browser]
) -> None:
    browser = another()
    page = answer(browser, at_provider(browser, person), "cancel")
    assert f"/realms/{CODE}/" in page.address
    assert "refusé" in page.text
    assert role(browser) == ""
    assert known(accounts, person) == []


def test_who_is_disabled_at_the_provider_stays_outside(
    provider: None, accounts: Accounts, person: Person, another: Callable[[], Browser]
) -> None:
    path = f"/{PROVIDER.code}/users/{person.number}"
    accounts.admin("PUT", path, {**accounts.admin("GET", path), "enabled": False})
    browser = another()
    assert f"/realms/{PROVIDER.code}/" in at_provider(browser, person).address
    assert role(browser) == ""
    assert known(accounts, person) == []


def test_an_address_that_somebody_has_already_takes_nobodys_account(
    provider: None, deployment: Deployment, accounts: Accounts, person: Person, another: Callable[[], Browser]
) -> None:
    """Whoever could choose an address at the provider would else be the municipality's person who has it."""
    with accounts.person(TOWN, "employes") as local:
        path = f"/{CODE}/users/{local.number}"
        address = f"{person.username}@{PROVIDER.domain}"
        accounts.admin("PUT", path, {**accounts.admin("GET", path), "email": address})
        browser = another()
        page = answer(browser, at_provider(browser, person), "accept")
        assert f"/realms/{CODE}/" in page.address
        assert role(browser) == ""
        assert accounts.admin("GET", f"{path}/federated-identity") == []
        assert known(accounts, person) == []
        # Who reads that address's mail has shown whose it is.
        confirmed(deployment, browser, person)
        assert [one["userName"] for one in accounts.admin("GET", f"{path}/federated-identity")]
        assert role(browser) == "contributor"


def test_its_secret_is_a_file_of_keycloaks_and_nothing_is_left_to_do(
    provider: None, deployment: Deployment, accounts: Accounts
) -> None:
    # Of the database, the row of the provider's own client: here, both are of one server.
    assert traces(deployment, SECRET) == ["database"]
    assert deployment.sh(f"stat -c '%U:%G %a' {FILES[0]}").strip() == "root:keycloak 640"
    (shown,) = accounts.admin("GET", PROVIDERS)
    assert shown["config"]["clientSecret"] == "${vault.broker}"
    assert "changed=0" in accounts.converge(TOWN, "--check", "--diff")
    done = deployment.apply("--only", TOWN.slug)
    assert {result["outcome"] for result in done["hosts"].values()} == {"unchanged"}


def test_it_is_taken_away(
    provider: None, deployment: Deployment, accounts: Accounts, another: Callable[[], Browser]
) -> None:
    leave(deployment, TOWN)
    assert accounts.admin("GET", PROVIDERS) == []
    assert deployment.sh(f"ls {' '.join(FILES)} 2>/dev/null", code=None) == ""
    assert f'"{CODE}"' not in deployment.sh("nft list chain inet nuage identity_municipalities")
    assert "/broker/" not in another().get(f"{HOME}/wp-admin/").body
    assert "changed=0" in accounts.converge(TOWN, "--check", "--diff")
