"""The bench's server for municipalities that have everything: accounts, Nextcloud and a website."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bench import large
from bench.stage import RING, Stage
from provisioner.artifacts import lockfile
from provisioner.lab.consortium import announce
from provisioner.spec.tenant import Tenant
from tests.deployed import Site
from tests.towns import ARCHIVES, IDENTITY_DOMAIN, NEXTCLOUD

FURTHER = int(os.environ.get("NUAGE_BENCH_FULL", "20"))
DISK_MIB = 2048
PERSON_MIB = 1500
ROUNDS = 3


def lacking() -> list[str]:
    """Archives that this machine would need for it."""
    return sorted(NEXTCLOUD - ARCHIVES.keys())


class FullStage(Stage):
    """One server with both roles. A municipality lives there already, since Nextcloud comes with who asks for it first.

    Then those that come one by one, further ones at once, and those that are only ever made by hand.
    """

    snapshot = "bench-full"
    # A municipality lives there, whose Nextcloud finds it wrong that no scheduled work was done for an hour.
    begins_there = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, dict(_choose()))

    @property
    def single(self) -> tuple[Site, ...]:
        """Those that come one by one, each to a prepared server."""
        return self.sites[1 : 1 + ROUNDS]

    @property
    def others(self) -> tuple[Site, ...]:
        """The further ones."""
        return self.sites[1 + ROUNDS : -ROUNDS]

    @property
    def by_hand(self) -> tuple[Site, ...]:
        """Those that `nuage` knows nothing of."""
        return self.sites[-ROUNDS:]

    def furnish(self) -> None:
        """The first municipality too."""
        self.join(self.first)
        super().furnish()

    def server(self, model: dict[str, Any]) -> dict[str, Any]:
        """With both roles."""
        roles = {"roles": ["apps", "identity"], "identity_domain": IDENTITY_DOMAIN}
        return {**super().server(model), **roles}

    def write_consortium(self) -> None:
        """The archives that this machine has, and the sign-in server's name before any municipality is there."""
        super().write_consortium()
        self.nuage("artifacts", "fetch", "keycloak")
        lockfile.write(self.folder, ARCHIVES.values())
        announce(self.lab, self.folder)


def _choose() -> list[tuple[Site, Tenant]]:
    """All of one size."""
    chosen = []
    for slug, code, facts in large.many(large.municipalities(), 1 + FURTHER + 2 * ROUNDS):
        text = large.tenant(slug, code, facts, RING).model_dump(mode="json")
        cloud = text["domains"]["website"].replace("www.", "nuage.", 1)
        site = Site(slug, code, text["domains"]["website"], "on-demand", DISK_MIB, cloud=cloud)
        text["domains"]["nextcloud"], text["services"] = cloud, site.services
        if "nextcloud" in text["services"]:
            text["services"]["nextcloud"]["person_quota_mib"] = PERSON_MIB
        chosen.append((site, Tenant.model_validate(text)))
    return chosen
