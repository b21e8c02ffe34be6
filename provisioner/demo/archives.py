"""What the demo can deploy with the archives that this machine has; the rest is left out, and said."""

from __future__ import annotations

import os
from pathlib import Path

from provisioner import folder as folders
from provisioner.artifacts import lockfile, requirements
from provisioner.artifacts.cache import Cache, folder_from
from provisioner.artifacts.requirements import SIGN_IN
from provisioner.spec.services import Services
from provisioner.spec.tenant import Tenant

NEXTCLOUD = ("nextcloud", SIGN_IN["nextcloud"])


def pin_what_is_here(folder: Path) -> frozenset[str]:
    """Pin in the folder what the cache has, own builds included; the names of all that there is."""
    found = requirements.available(lockfile.load(folder), Cache(folder_from(os.environ)))
    lockfile.write(folder, [pin for pin in found.values() if pin.provenance == "consortium"])
    return frozenset(found)


def leave_out(folder: Path, present: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Take out of the requests what needs an archive that isn't here; by slug, the names of those archives."""
    left: dict[str, tuple[str, ...]] = {}
    for slug, tenant in folders.load(folder).tenants.items():
        services, lacking = possible(tenant.services, present)
        if lacking:
            left[slug] = lacking
            folders.write_tenant(folder, slug, _with(tenant, services))
    return left


def possible(asked: Services, present: frozenset[str]) -> tuple[Services, tuple[str, ...]]:
    """What of ``asked`` can be deployed, and the archives that the rest lacks."""
    lacking: set[str] = set()
    changes: dict[str, object] = {}
    if asked.nextcloud is not None:
        absent = {*NEXTCLOUD} - present
        lacking |= absent or set(asked.nextcloud.apps) - present
        apps = frozenset(asked.nextcloud.apps) & present
        changes["nextcloud"] = None if absent else asked.nextcloud.model_copy(update={"apps": apps})
    if asked.website_accounts and asked.wordpress is not None and SIGN_IN["wordpress"] not in present:
        lacking.add(SIGN_IN["wordpress"])
        changes["wordpress"] = asked.wordpress.model_copy(update={"sign_in": "local"})
    return asked.model_copy(update=changes), tuple(sorted(lacking))


def _with(tenant: Tenant, services: Services) -> Tenant:
    return tenant.model_copy(update={"services": services})
