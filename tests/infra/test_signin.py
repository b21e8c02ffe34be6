"""One sign-in, at the real website and the real realm: who comes in, as what, and how soon nobody does any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.browsing import Browser
from tests.deployed import FRELIGHSBURG, Deployment, wait_until
from tests.realm import HOME, Person, Realm, enter, role, sign_in

pytestmark = pytest.mark.lab
BOUND_S = 60
"""Between two questions of a website to the realm: FRESH_S of sessions.php."""
SLACK_S = 8


def account(deployment: Deployment, person: Person) -> dict[str, str]:
    """The person's row at the website."""
    script = f"""
    $_SERVER = ['HTTP_HOST' => '{FRELIGHSBURG.domain}', 'WORDPRESS_CONFIG' => '{FRELIGHSBURG.code}'] + $_SERVER;
    require '/usr/share/wordpress/wp-load.php';
    $id = Nuage\\SignIn\\People\\accounts('{person.id}')[0] ?? 0;
    $user = get_userdata($id);
    echo json_encode($user ? ['id' => (string) $user->ID, 'mail' => $user->user_email, 'name' => $user->display_name,
        'first' => $user->first_name, 'last' => $user->last_name, 'login' => $user->user_login,
        'role' => implode(',', $user->roles)] : []);
    """
    return dict(deployment.php(FRELIGHSBURG, script))


@pytest.mark.parametrize(
    ("groups", "wanted"),
    [
        (["elus"], "subscriber"),
        (["employes"], "contributor"),
        (["elus", "redaction-web", "employes"], "editor"),
        (["employes", "administrateurs"], "administrator"),
    ],
)
def test_a_person_comes_in_as_what_its_groups_say(
    deployment: Deployment, realm: Realm, browser: Browser, groups: list[str], wanted: str
) -> None:
    person = realm.person(*groups, second_factor="administrateurs" in groups)
    enter(browser, person)
    assert role(browser) == wanted
    seen = account(deployment, person)
    assert (seen["mail"], seen["name"]) == (f"{person.user}@courriel.example", "Élise O'Neil")
    assert (seen["first"], seen["last"]) == ("Élise", "O'Neil")


def test_nobody_without_a_known_group(deployment: Deployment, realm: Realm, browser: Browser) -> None:
    person = realm.person()
    page = sign_in(browser, person, f"{HOME}/wp-admin/")
    assert "login-error=unauthorized" in page.address
    assert "nuage-signin" in page.body
    assert role(browser) == ""
    assert account(deployment, person) == {}


def test_an_account_is_its_persons_whatever_the_names(
    deployment: Deployment, realm: Realm, another: Callable[[], Browser]
) -> None:
    """`sub` alone ties them; the address of another account is given up by that one, which stays what it is."""
    mail = "direction@abercorn.example"
    first = another()
    person = realm.person("employes", email=mail)
    enter(first, person)
    before = account(deployment, person)
    assert before["mail"] == mail
    assert before["login"] == person.user
    query = (
        f"SELECT user_email FROM {FRELIGHSBURG.user}.wp_users WHERE user_login='admin-{FRELIGHSBURG.code}'"
    )
    assert deployment.sh(f'mariadb -N -e "{query}"').strip().endswith("@retire.invalid")
    renamed = f"{person.user}-2"
    realm.change(person, email=f"{renamed}@courriel.example", firstName="Zoé", lastName="Roy")
    enter(
        another(),
        Person(person.id, person.user, person.password),
    )
    after = account(deployment, person)
    assert (after["id"], after["mail"]) == (before["id"], f"{renamed}@courriel.example")
    assert (after["first"], after["last"]) == ("Zoé", "Roy")


def test_what_the_realm_changes_holds_within_the_bound(
    deployment: Deployment, realm: Realm, another: Callable[[], Browser]
) -> None:
    """A disabled person, one raised, one lowered, one left without a group: all within a minute."""
    cases = {"disabled": "employes", "raised": "elus", "lowered": "redaction-web", "left": "employes"}
    people = {name: realm.person(group) for name, group in cases.items()}
    browsers = {name: another() for name in cases}
    for name, person in people.items():
        enter(browsers[name], person)
    realm.change(people["disabled"], enabled=False)
    realm.move(people["raised"], into="administrateurs")
    realm.move(people["lowered"], into="elus", out_of="redaction-web")
    realm.move(people["left"], out_of="employes")
    changed = time.monotonic()
    wanted = {"disabled": "", "raised": "administrator", "lowered": "subscriber", "left": ""}
    took: dict[str, float] = {}
    while len(took) < len(wanted) and time.monotonic() - changed < 2 * BOUND_S:
        for name in wanted.keys() - took.keys():
            if role(browsers[name]) == wanted[name]:
                took[name] = round(time.monotonic() - changed, 1)
        time.sleep(1)
    print(f"took {took}")
    assert took.keys() == wanted.keys()
    assert max(took.values()) <= BOUND_S + SLACK_S
    assert account(deployment, people["raised"])["role"] == "administrator"
    assert account(deployment, people["left"])["role"] == "", "not even on paper"


def test_signing_out_elsewhere_ends_the_session_at_once(realm: Realm, another: Callable[[], Browser]) -> None:
    person = realm.person("employes")
    browsers = [another() for _ in range(2)]
    for browser in browsers:
        enter(browser, person)
    realm.sign_out(person)
    wait_until(lambda: not any(role(browser) for browser in browsers), 5, "nobody is signed in any more")


def test_signing_out_here_signs_out_there_and_of_this_session_alone(
    realm: Realm, identity: str, another: Callable[[], Browser]
) -> None:
    person = realm.person("employes")
    here, other = (another() for _ in range(2))
    enter(here, person)
    enter(other, person)
    page = here.get(here.get(f"{HOME}/wp-admin/").link("action=logout"))
    assert page.address == f"{HOME}/wp-login.php?loggedout=true"
    assert any(identity in address for address in page.passed)
    assert role(here) == ""
    assert 'id="kc-form-login"' in here.get(f"{HOME}/wp-admin/").body, "the realm asks again"
    assert role(other) == "contributor"


class Keycloak:
    """The process, which a signal stops without a word and lets go on."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment

    def signal(self, name: str) -> None:
        self.deployment.sh(f"systemctl kill --signal={name} nuage-identity.service")


@pytest.fixture
def keycloak(deployment: Deployment) -> Iterator[Keycloak]:
    """Goes on in any case."""
    yield (process := Keycloak(deployment))
    process.signal("CONT")


def test_a_silent_realm_costs_nobody_a_session_and_lets_nobody_stay(
    realm: Realm, browser: Browser, keycloak: Keycloak
) -> None:
    person = realm.person("employes")
    enter(browser, person)
    began = time.monotonic()
    keycloak.signal("STOP")
    page = f"{HOME}/wp-admin/profile.php"
    wait_until(lambda: browser.get(page, follow=False).status == 503, 2 * BOUND_S + 15, "the bound was kept")
    assert time.monotonic() - began > BOUND_S, "not at the first silence"
    keycloak.signal("CONT")
    wait_until(lambda: browser.get(page, follow=False).status == 200, 20, "nobody signs in again")
