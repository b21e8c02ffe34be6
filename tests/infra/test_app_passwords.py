"""Passwords that people make in Nextcloud for programs go with the person, though they ask the realm nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browsing import Browser
from tests.clouds import Cloud
from tests.clouds import Person as Program
from tests.realm import Person, Realm, sign_in

pytestmark = pytest.mark.lab
REFUSED = 401


def program(cloud: Cloud, person: Person) -> Program:
    """A program of somebody's, who has signed in once."""
    said = cloud.occ("user:auth-tokens:add", "--no-interaction", person.id)
    return Program(person.id, said.strip().splitlines()[-1])


def looks(cloud: Cloud, one: Program) -> int:
    status = cloud.ask("PROPFIND", f"/remote.php/dav/files/{one.name}/", person=one).status
    # Of an account that is disabled, Nextcloud's WebDAV says that the service isn't available.
    return REFUSED if status in (401, 503) else status


def in_a_while(cloud: Cloud) -> None:
    """What timers do, now. Twice: a start joins a run that a timer began before the change."""
    units = ("nuage-identity-people.service", f"nuage-nextcloud-cron@{cloud.site.code}.service")
    for unit in units:
        cloud.deployment.sh(f"systemctl start {unit}; sleep 2; systemctl start {unit}")


@pytest.fixture
def people(cloud: Cloud, realm: Realm, another: Callable[[], Browser]) -> tuple[Person, Person]:
    made = realm.person("employes"), realm.person("employes")
    for person in made:
        page = sign_in(another(), person, f"https://{cloud.site.cloud}/login")
        assert page.status == 200, page.body[:2000]
    return made


def test_who_is_disabled_at_the_realm_uses_no_program_any_more(
    cloud: Cloud, realm: Realm, people: tuple[Person, Person]
) -> None:
    gone, stays = (program(cloud, person) for person in people)
    assert (looks(cloud, gone), looks(cloud, stays)) == (207, 207)
    realm.change(people[0], enabled=False)
    in_a_while(cloud)
    assert (looks(cloud, gone), looks(cloud, stays)) == (REFUSED, 207)
    realm.change(people[0], enabled=True)
    in_a_while(cloud)
    assert looks(cloud, program(cloud, people[0])) == 207
    # Deleted there is no more than disabled here: what they had stays the municipality's.
    realm.ask("DELETE", f"/users/{people[0].id}")
    in_a_while(cloud)
    assert "enabled: false" in cloud.occ("user:info", people[0].id)


def test_nuage_users_disable_is_at_once(cloud: Cloud, people: tuple[Person, Person]) -> None:
    gone, stays = (program(cloud, person) for person in people)
    assert looks(cloud, gone) == 207
    cloud.deployment.nuage("users", "disable", cloud.site.slug, people[0].user)
    assert (looks(cloud, gone), looks(cloud, stays)) == (REFUSED, 207)
    cloud.deployment.nuage("users", "enable", cloud.site.slug, people[0].user)
    assert looks(cloud, program(cloud, people[0])) == 207


def test_whom_nextcloud_s_own_administrator_keeps_out_stays_out(
    cloud: Cloud, people: tuple[Person, Person]
) -> None:
    cloud.occ("user:disable", people[0].id)
    in_a_while(cloud)
    assert "enabled: false" in cloud.occ("user:info", people[0].id)


def test_the_list_is_for_applications_that_know_its_name(cloud: Cloud) -> None:
    deployment = cloud.deployment
    names = deployment.sh("ls /run/nuage-people").split()
    assert sum(name.startswith(cloud.site.code) for name in names) == 1
    (name,) = [name for name in names if name.startswith(cloud.site.code)]
    read = f"runuser -u {cloud.site.user} -- cat /run/nuage-people/{name} 2>&1 || true"
    assert "Permission denied" in deployment.sh(read)
    assert "nuage-people" not in deployment.sh(
        "journalctl --no-pager --since -1h -t nginx | grep -F nuage-people/ || true"
    )
