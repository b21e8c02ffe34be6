"""What several files of these tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.browsing import Browser
from tests.clouds import Cloud
from tests.deployed import DUNHAM, FRELIGHSBURG, IDENTITY_DOMAIN, Deployment
from tests.infra.accounts import Accounts
from tests.infra.databases import PROGRAM, Databases
from tests.realm import Realm
from tests.towns import SIGN_IN_WORDPRESS, need


@pytest.fixture(scope="module")
def databases(deployment: Deployment) -> Iterator[Databases]:
    """Two municipalities' PostgreSQL databases that are of nobody else."""
    if deployment.sh(f"test -x {PROGRAM} && echo yes || echo no").strip() == "no":
        pytest.skip("SKIPPED, NOT TESTED: this deployment has no PostgreSQL")
    made = Databases(deployment)
    try:
        made.make()
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def identity() -> str:
    """The name of the identity server that a website's people sign in at."""
    need(SIGN_IN_WORDPRESS)
    return IDENTITY_DOMAIN


@pytest.fixture(scope="module")
def accounts(deployment: Deployment) -> Accounts:
    """The sign-in server's administration, as deployments have it."""
    return Accounts(deployment)


@pytest.fixture(scope="module")
def realm(deployment: Deployment, identity: str) -> Realm:
    """Frelighsburg's."""
    assert identity
    return Realm(deployment, FRELIGHSBURG)


@pytest.fixture(scope="module")
def cloud(deployment: Deployment) -> Cloud:
    """Frelighsburg's Nextcloud: on demand, with locks in the database."""
    need("nextcloud", "user_oidc")
    return Cloud(deployment, FRELIGHSBURG)


@pytest.fixture(scope="module")
def other(deployment: Deployment) -> Cloud:
    """Dunham's: resident, with locks in Redis."""
    need("nextcloud", "user_oidc")
    return Cloud(deployment, DUNHAM)


@pytest.fixture
def another(deployment: Deployment, identity: str) -> Callable[[], Browser]:
    """Makes the browser of one more person."""
    status = deployment.lab.status()
    names = [identity, *(name for site in deployment.sites for name in (site.domain, site.cloud) if name)]
    addresses = dict.fromkeys(names, str(status.hosts[0].address))
    return lambda: Browser(addresses, str(status.acme_root))


@pytest.fixture
def browser(another: Callable[[], Browser]) -> Browser:
    """One person's."""
    return another()
