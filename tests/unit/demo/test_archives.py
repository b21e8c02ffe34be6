"""The demo deploys what it has the archives of, and says what it leaves out."""

from __future__ import annotations

from provisioner.demo import archives
from provisioner.spec.services import Services

FULL = Services.model_validate({"wordpress": {}, "nextcloud": {"apps": ["calendar"]}, "identity": {}})
ALL = frozenset({"keycloak", "nextcloud", "user_oidc", "openid-connect-generic", "calendar"})


def test_all_of_it_with_all_archives() -> None:
    assert archives.possible(FULL, ALL) == (FULL, ())


def test_an_app_that_is_not_here_is_left_out_alone() -> None:
    services, lacking = archives.possible(FULL, ALL - {"calendar"})
    assert lacking == ("calendar",)
    assert services.nextcloud is not None
    assert services.nextcloud.apps == frozenset()
    assert services.wordpress == FULL.wordpress


def test_nextcloud_goes_without_its_own_archive_or_that_of_signing_in() -> None:
    for name in archives.NEXTCLOUD:
        services, lacking = archives.possible(FULL, ALL - {name})
        assert (services.names, lacking) == (("identity", "wordpress"), (name,))


def test_a_website_has_passwords_of_its_own_without_the_plugin() -> None:
    services, lacking = archives.possible(FULL, ALL - {"openid-connect-generic"})
    assert lacking == ("openid-connect-generic",)
    assert services.wordpress is not None
    assert services.wordpress.sign_in == "local"
    assert services.nextcloud == FULL.nextcloud


def test_what_did_not_ask_for_it_lacks_nothing() -> None:
    plain = Services.model_validate({"wordpress": {}})
    assert archives.possible(plain, frozenset()) == (plain, ())
