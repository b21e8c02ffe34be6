"""The municipalities that the tests deploy, and what this machine's archives let them ask for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import pytest

from provisioner.artifacts import lockfile, requirements
from provisioner.artifacts.cache import Cache, folder_from
from provisioner.artifacts.model import Pin

SIGN_IN_WORDPRESS = "openid-connect-generic"
NEXTCLOUD = frozenset({"nextcloud", "user_oidc"})


def _archives() -> dict[str, Pin]:
    """What this machine has of the pinned archives. Keycloak comes from Maven, on any machine."""
    cache, pins = Cache(folder_from(os.environ)), lockfile.load(None)
    return requirements.available(pins, cache)


ARCHIVES = _archives()


def need(*names: str) -> None:
    """Skip a test, loudly, on a machine that lacks an archive that it is about."""
    lacking = sorted(set(names) - ARCHIVES.keys())
    if lacking:
        pytest.skip(f"SKIPPED, NOT TESTED: this machine has no archive of {', '.join(lacking)}")


@dataclass(frozen=True)
class Site:
    """A municipality of the deployment. ``disk_mib`` is for files and database together."""

    slug: str
    code: str
    domain: str
    mode: str
    disk_mib: int = 1024
    language: str = "fr"
    name: str = ""
    """Of a municipality that the example doesn't have."""
    cloud: str = ""
    """Domain of its Nextcloud; such a municipality has accounts too."""
    locking: str = "database"

    @property
    def user(self) -> str:
        return f"t{self.code}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """Its names in the inventory."""
        return (f"{self.code}-apps", *([f"{self.code}-identity"] if self.cloud else []))

    @property
    def services(self) -> dict[str, Any]:
        """What it asks for, as far as this machine's archives go; see `ARCHIVES`."""
        website: dict[str, dict[str, Any]] = {"wordpress": {"disk_mib": self.disk_mib, "mode": self.mode}}
        if not self.cloud:
            return website
        website["wordpress"]["sign_in"] = "accounts" if SIGN_IN_WORDPRESS in ARCHIVES else "local"
        asked = {"identity": {}, **website}
        if ARCHIVES.keys() >= NEXTCLOUD:
            asked["nextcloud"] = {"disk_mib": self.disk_mib, "mode": self.mode, "locking": self.locking}
        return asked

    @property
    def uid(self) -> int:
        return 300_000 + int(self.code)

    @property
    def php(self) -> str:
        return f"nuage-wordpress-php@{self.code}.service"

    @property
    def door(self) -> str:
        """The Unix socket that nginx passes requests to."""
        return f"/run/nuage/wordpress-{self.code}.sock"


ABERCORN = Site("abercorn", "46005", "www.abercorn.example", "on-demand")
GARDIEN = Site("l-ange-gardien-82005", "82005", "www.lange-gardien.example", "on-demand", language="en")
ILES = Site("les-iles-de-la-madeleine", "01023", "www.iles-de-la-madeleine.example", "resident")
SITES = (ABERCORN, GARDIEN, ILES)
FRELIGHSBURG = Site(
    "frelighsburg",
    "46010",
    "www.frelighsburg.example",
    "on-demand",
    name="Frelighsburg",
    cloud="nuage.frelighsburg.example",
)
DUNHAM = Site(
    "dunham",
    "46050",
    "www.dunham.example",
    "resident",
    name="Dunham",
    cloud="nuage.dunham.example",
    locking="redis",
)
TOWNS = (FRELIGHSBURG, DUNHAM)
"""Those with accounts, on every machine; see `Site.services` for the rest."""
IDENTITY_DOMAIN = "identite.consortium.example"
