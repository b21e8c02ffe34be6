"""Accounts on the real sign-in server: who may do what, who must show what, and realms that keep to themselves."""

from __future__ import annotations

import json

import pytest

from tests.browsing import Browser, Page
from tests.deployed import DUNHAM, FRELIGHSBURG, Site, wait_until
from tests.infra.accounts import PASSWORD, Accounts, Person
from tests.signing_in import Application, claims, one_time_code, wait_for_the_next_code
from tests.towns import IDENTITY_DOMAIN


def signed_in(browser: Browser, application: Application, person: Person) -> Page:
    """The page after the password."""
    return browser.submit(application.ask(browser), username=person.username, password=person.password)


def enrolled(browser: Browser, page: Page) -> tuple[str, Page]:
    """Set up the second factor that the page demands."""
    secret = page.form()[1]["totpSecret"]
    return secret, browser.submit(page, totp=one_time_code(secret), userLabel="essai")


def test_employee_signs_in_with_a_password_and_applications_learn_the_groups(accounts: Accounts) -> None:
    town = FRELIGHSBURG
    with (
        accounts.person(town, "employes", "redaction-web") as person,
        accounts.application(town) as application,
    ):
        client = accounts.client(town.code, application.client)
        mapper = accounts.client(town.code, "nextcloud" if town.services.get("nextcloud") else "wordpress")
        groups = [{key: one[key] for key in one if key != "id"} for one in mapper["protocolMappers"]]
        path = f"/{town.code}/clients/{client['id']}/protocol-mappers/add-models"
        accounts.admin("POST", path, groups)
        browser = accounts.browser()
        tokens = application.take(browser, signed_in(browser, application, person))
        told = claims(tokens["id_token"])
        assert (told["sub"], told["iss"]) == (person.number, f"https://{IDENTITY_DOMAIN}/realms/{town.code}")
        assert sorted(told["groups"]) == ["employes", "redaction-web"]
        assert tokens["expires_in"] <= 120


def test_administrator_sets_up_a_second_factor_and_shows_it_from_then_on(accounts: Accounts) -> None:
    town = FRELIGHSBURG
    with accounts.person(town, "administrateurs") as person, accounts.application(town) as application:
        first = accounts.browser()
        demanded = signed_in(first, application, person)
        assert demanded.status == 200
        assert "code" not in demanded.query
        secret, landed = enrolled(first, demanded)
        application.take(first, landed)

        second = accounts.browser()
        asked = signed_in(second, application, person)
        assert "code" not in asked.query
        wrong = second.submit(asked, otp="000000")
        assert "code" not in wrong.query
        wait_for_the_next_code()
        application.take(second, second.submit(wrong, otp=one_time_code(secret)))


@pytest.mark.parametrize(
    "change",
    [{"redirect_uri": "https://essai.example/retour/plus"}, {"redirect_uri": "https://ailleurs.example/"}],
)
def test_only_exact_addresses_of_return(accounts: Accounts, change: dict[str, str]) -> None:
    with accounts.application(FRELIGHSBURG) as application:
        assert application.ask(accounts.browser(), **change).status == 400


def test_the_deployments_own_clients_demand_a_proof_key_and_know_no_pattern(accounts: Accounts) -> None:
    for town in (FRELIGHSBURG, DUNHAM):
        listed = accounts.admin("GET", f"/{town.code}/clients")
        ours = [client for client in listed if client["attributes"].get("nuage.managed")]
        assert ours or town.services["wordpress"]["sign_in"] == "local"
        for client in ours:
            assert client["attributes"]["pkce.code.challenge.method"] == "S256"
            assert not any("*" in address for address in client["redirectUris"])
            application = Application(town.code, client["clientId"], client["redirectUris"][0])
            without = application.ask(accounts.browser(), code_challenge="", code_challenge_method="")
            assert without.query.get("error") == "invalid_request"


def test_no_program_sends_a_password(accounts: Accounts) -> None:
    town = FRELIGHSBURG
    with accounts.person(town, "employes") as person:
        form = {"grant_type": "password", "client_id": "admin-cli"}
        form |= {"username": person.username, "password": PASSWORD}
        path = f"/realms/{town.code}/protocol/openid-connect/token"
        assert accounts.browser().open(path, form).status in (400, 401)


def test_guesses_lock_an_account_for_a_while(accounts: Accounts) -> None:
    town = FRELIGHSBURG
    with accounts.person(town, "employes") as person, accounts.application(town) as application:
        browser = accounts.browser()
        page = application.ask(browser)
        for guess in range(7):
            page = browser.submit(page, username=person.username, password=f"mauvais-{guess}")
        right = signed_in(accounts.browser(), application, person)
        assert "code" not in right.query
        status = accounts.admin("GET", f"/{town.code}/attack-detection/brute-force/users/{person.number}")
        assert status["disabled"]
        accounts.admin("DELETE", f"/{town.code}/attack-detection/brute-force/users/{person.number}")
        browser = accounts.browser()
        application.take(browser, signed_in(browser, application, person))


def administrator(accounts: Accounts, person: Person, town: Site) -> tuple[Browser, str]:
    """Their browser, and a token of the console of their own realm."""
    browser, console = accounts.browser(), accounts.console(town)
    _secret, landed = enrolled(browser, signed_in(browser, console, person))
    return browser, str(console.take(browser, landed)["access_token"])


def test_a_municipalitys_administrator_reaches_its_people_and_nothing_else(accounts: Accounts) -> None:
    own, other = FRELIGHSBURG.code, DUNHAM.code
    with accounts.person(FRELIGHSBURG, "administrateurs") as person:
        browser, bearer = administrator(accounts, person, FRELIGHSBURG)

        def asked(path: str, method: str = "GET") -> int:
            return browser.open(f"/admin/realms{path}", bearer=bearer, method=method).status

        assert asked(f"/{own}/users") == 200
        assert asked(f"/{own}/groups") == 200
        assert asked(f"/{own}/events") == 200
        for path in (f"/{own}/clients", f"/{own}/identity-provider/instances", f"/{own}/components"):
            assert asked(path) == 403, path
        for path in (f"/{other}/users", f"/{other}", "/master/users", "/master"):
            assert asked(path) in (401, 403, 404), path
        for method in ("PUT", "DELETE"):
            assert asked(f"/{own}", method) in (400, 403, 415), method
        assert accounts.admin("GET", f"/{own}")["enabled"]


def test_an_administrator_gives_nobody_more_than_they_have(accounts: Accounts) -> None:
    own = FRELIGHSBURG.code
    with accounts.person(FRELIGHSBURG, "administrateurs") as person:
        _browser, bearer = administrator(accounts, person, FRELIGHSBURG)
        manager = accounts.client(own, "realm-management")["id"]
        role = accounts.admin("GET", f"/{own}/clients/{manager}/roles/realm-admin")
        script = (
            "import json, sys, urllib.request, urllib.error\n"
            "asked = json.load(sys.stdin)\n"
            "headers = {'Authorization': 'Bearer ' + asked['bearer'], 'Content-Type': 'application/json',\n"
            "           'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '443'}\n"
            "body = json.dumps(asked['roles']).encode()\n"
            "request = urllib.request.Request('http://127.0.0.1:8080/admin/realms' + asked['path'], body, headers)\n"
            "try:\n    print(urllib.request.urlopen(request).status)\n"
            "except urllib.error.HTTPError as error:\n    print(error.code)\n"
        )
        path = f"/{own}/users/{person.number}/role-mappings/clients/{manager}"
        body = json.dumps({"bearer": bearer, "path": path, "roles": [role]}).encode()
        accounts.deployment.sh("cat > /root/nuage-test-give.py", body=script.encode())
        assert int(accounts.deployment.sh("python3 /root/nuage-test-give.py", body=body)) == 403


def test_realms_keep_to_themselves(accounts: Accounts) -> None:
    """Somebody of one realm is nobody in another, whatever they bring along."""
    with (
        accounts.person(FRELIGHSBURG, "employes") as person,
        accounts.application(FRELIGHSBURG) as here,
        accounts.application(DUNHAM) as there,
    ):
        browser = accounts.browser()
        tokens = here.take(browser, signed_in(browser, here, person))
        # The same browser, with its cookies, at the other realm: asked to sign in, and refused with that password.
        page = there.ask(browser)
        assert "code" not in page.query
        assert "code" not in browser.submit(page, username=person.username, password=PASSWORD).query
        paths = {
            town: f"/realms/{town.code}/protocol/openid-connect/userinfo" for town in (FRELIGHSBURG, DUNHAM)
        }
        assert browser.open(paths[FRELIGHSBURG], bearer=tokens["access_token"]).status == 200
        assert browser.open(paths[DUNHAM], bearer=tokens["access_token"]).status == 401


def test_administration_answers_the_ops_team_alone(accounts: Accounts) -> None:
    code = FRELIGHSBURG.code
    closed = (
        "/admin/",
        "/admin/master/console/",
        f"/admin/{code}/console/",
        f"/admin/realms/{code}",
        "/admin/serverinfo",
    )
    with accounts.elsewhere() as source:
        for path in (*closed, "/realms/master/.well-known/openid-configuration"):
            assert accounts.status_from(source, path) == 403, path
        assert accounts.status_from(source, f"/realms/{code}/.well-known/openid-configuration") == 200
        assert accounts.status_from(source, f"/realms/{code}/clients-registrations/default") == 404
    browser = accounts.browser()
    assert browser.open(f"/admin/{code}/console/").status == 200
    for path in ("/metrics", "/health", "/"):
        assert browser.open(path).status == 404, path


def test_nothing_of_it_listens_but_on_loopback(accounts: Accounts) -> None:
    listening = accounts.deployment.sh("ss --listening --tcp --numeric --no-header --processes | grep java")
    places = [line.split()[3] for line in listening.splitlines()]
    assert places
    for place in places:
        assert "127.0.0.1" in place or "[::1]" in place, place


LOOK = """
import glob, subprocess, sys
for path in sys.argv[1:]:
    secret = open(path, "rb").read().strip()
    assert len(secret) >= 20, path
    for place in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
        try:
            assert secret not in open(place, "rb").read(), place
        except OSError:
            continue
    journal = subprocess.run(["journalctl", "--no-pager", "--output=cat"], capture_output=True, check=True).stdout
    assert secret not in journal, path
"""


def test_secrets_are_in_no_environment_no_list_of_processes_and_no_journal(accounts: Accounts) -> None:
    paths = "/etc/nuage/keycloak/admin-secret /var/lib/nuage/postgresql/keycloak.password"
    accounts.deployment.sh(f"python3 - {paths}", body=LOOK.encode())


def test_somebody_kept_out_gets_nothing_renewed(accounts: Accounts) -> None:
    town = FRELIGHSBURG
    with accounts.person(town, "employes") as person, accounts.application(town) as application:
        browser = accounts.browser()
        tokens = application.take(browser, signed_in(browser, application, person))
        tokens = application.renew(browser, tokens)
        assert "access_token" in tokens
        accounts.deployment.nuage("users", "disable", town.slug, person.username)
        assert application.renew(browser, tokens)["error"] == "invalid_grant"
        assert "code" not in signed_in(accounts.browser(), application, person).query
        assert "already" in accounts.deployment.nuage("users", "disable", town.slug, person.username).stdout
        accounts.deployment.nuage("users", "enable", town.slug, person.username)
        browser = accounts.browser()
        application.take(browser, signed_in(browser, application, person))


def test_metrics_and_health_answer_on_the_server(accounts: Accounts) -> None:
    script = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:9000/%s').status)"
    for path in ("health/ready", "metrics"):
        wait_until(
            lambda path=path: (
                accounts.deployment.sh(f'python3 -c "{script % path}"', code=None).strip() == "200"
            ),
            30,
            path,
        )


def test_a_restart_of_the_database_is_nobodys_error(accounts: Accounts) -> None:
    """As each of PostgreSQL's security updates brings; the connections that Keycloak held are broken then."""
    asked = [("GET", f"/{FRELIGHSBURG.code}", None)] * 5
    accounts.several(*asked)
    accounts.deployment.sh("systemctl restart postgresql@17-main; sleep 3")
    assert {status for status, _answer, _seconds in accounts.several(*asked)} == {200}
