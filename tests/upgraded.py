"""A deployment of its own for upgrades: municipalities that begin with the Nextcloud before the pinned one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from provisioner.artifacts import lockfile
from provisioner.artifacts.cache import Cache, folder_from
from provisioner.artifacts.model import Pin
from tests.deployed import DUNHAM, FRELIGHSBURG, Deployment
from tests.towns import ARCHIVES, need

FORMER = "33.0.1"


def former() -> Pin:
    """The former release; skipped loudly on a machine that doesn't have it beside the new one."""
    need("nextcloud", "user_oidc")
    cache = Cache(folder_from(os.environ))
    for pin in cache.index().values():
        if pin.name == "nextcloud" and pin.version == FORMER and cache.holds(pin):
            return pin
    pytest.skip(
        f"SKIPPED, NOT TESTED: this machine has no archive of Nextcloud {FORMER} (nuage artifacts add --cache-only)"
    )


def deploy(folder: Path, lab: str) -> Deployment:
    """Two municipalities with the former release, and the new one pinned; what is there already stays."""
    deployment = Deployment(folder, lab, (FRELIGHSBURG, DUNHAM))
    pin = former()
    if (folder / "build").is_dir():
        return deployment
    deployment.start_lab()
    deployment.write_consortium()
    lockfile.write(folder, [pin])
    deployment.change(FRELIGHSBURG, ring="pilote")
    deployment.change(DUNHAM, ring="courant")
    deployment.approve()
    deployment.nuage("apply", "--yes")
    lockfile.write(folder, [ARCHIVES["nextcloud"]])
    deployment.nuage("apply", "--yes")
    return deployment
