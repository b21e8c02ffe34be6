"""The beginning of an audit: which one it is, whom it is about, and what it is judged against."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provisioner import __version__
from provisioner.audit.bundle import canonical, layout
from provisioner.audit.observing import specs
from provisioner.folder import consortium_file, tenant_file
from provisioner.spec.consortium import ServerRole
from provisioner.spec.tenant import Tenant
from provisioner.workflow import Prepared


@dataclass(frozen=True)
class Beginning:
    """An audit's identity: nothing that was made for another one passes for it."""

    id: str
    nonce: str
    began: str
    """RFC 3339, UTC."""


def begin(nonce: str | None = None) -> Beginning:
    """A new one; ``nonce`` (64 hexadecimal digits) is the auditor's own, if they chose one."""
    return Beginning(secrets.token_hex(16), nonce or secrets.token_hex(32), now())


def now() -> str:
    """This instant, RFC 3339, UTC, in whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Scope:
    """Whom an audit is about: municipalities by code, with the slugs of their specs, and servers by id."""

    slugs: Mapping[str, str]
    servers: tuple[str, ...]


def scope(prepared: Prepared, only: frozenset[str]) -> Scope:
    """Municipalities that live somewhere, those of ``only`` where it isn't empty, and the servers that they live on.

    All servers of the spec where nobody was chosen: one that nobody lives on is in the consortium's hands too.
    """
    placed = prepared.plan.lock.placements
    # A lost server is contacted by nobody, an audit included; the specs in it say that it is lost.
    running = {one.id for one in prepared.specs.consortium.servers if not one.lost}
    chosen = {host: each for host, each in placed.items() if not only or host[:5] in only}
    servers = {each.server for each in chosen.values()} & running if only else running
    slugs = {
        host[:5]: each.slug for host, each in sorted(chosen.items()) if each.slug in prepared.specs.tenants
    }
    return Scope(slugs, tuple(sorted(servers)))


def homes(prepared: Prepared, whom: Scope) -> dict[str, tuple[str, ...]]:
    """Servers, each with the codes of those municipalities of the audit whose applications live there."""
    placed = prepared.plan.lock.placements
    lives = {
        code: placed[f"{code}-{ServerRole.APPS}"].server for code in whom.slugs if f"{code}-apps" in placed
    }
    return {server: tuple(sorted(code for code in lives if lives[code] == server)) for server in whom.servers}


def audit_document(prepared: Prepared, whom: Scope, begun: Beginning, previous: str | None) -> dict[str, Any]:
    """`audit.json`, but for its end."""
    consortium = prepared.specs.consortium
    judged = specs.consortium_document(consortium)
    measured = {name: judged["audit"][name] for name in ("vantage_points", "patch_days")}
    return {
        "format": layout.FORMAT,
        "id": begun.id,
        "nonce": begun.nonce,
        "consortium": consortium.name,
        "began": begun.began,
        "previous": previous,
        "policy": {**judged["policy"], **measured},
        "plan_digest": prepared.plan.digest,
        "specs": _digests(prepared.specs.folder, whom),
        "software": __version__,
        "subjects": {
            "operators": sorted(one.id for one in consortium.operators),
            "sites": sorted(one.id for one in consortium.sites),
            "servers": list(whom.servers),
            "municipalities": sorted(whom.slugs),
        },
    }


def spec_files(prepared: Prepared, whom: Scope) -> dict[str, bytes]:
    """What is judged of the specs, by path in the bundle."""
    files = {layout.CONSORTIUM: specs.consortium_document(prepared.specs.consortium)}
    for code, slug in whom.slugs.items():
        files[layout.municipality_spec(code)] = specs.municipality_document(prepared.specs.tenants[slug])
    return {path: canonical.dumps(value) for path, value in files.items()}


def _digests(folder: Path, whom: Scope) -> dict[str, str]:
    """Of the files that the ops team wrote, so that they can be shown to be those that were judged."""
    files = [consortium_file(folder), *(tenant_file(folder, slug) for slug in whom.slugs.values())]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)
    }


def names(prepared: Prepared) -> dict[str, str]:
    """Addresses of the consortium's own names, as the plan has them."""
    from provisioner.inventory.home import nextcloud_names, website_names

    consortium, tenants = prepared.specs.consortium, prepared.specs.tenants
    addresses = {server.id: server.address for server in consortium.servers}
    found = {
        one.identity_domain: one.address
        for one in consortium.servers
        if one.identity_domain is not None and not one.lost
    }
    for host, placed in prepared.plan.lock.placements.items():
        if host.endswith(f"-{ServerRole.APPS}") and placed.slug in tenants:
            tenant = tenants[placed.slug]
            hosted = (*website_names(tenant), *nextcloud_names(tenant))
            found |= dict.fromkeys(hosted, addresses[placed.server])
    return found


def pages(tenant: Tenant, identity_domain: str | None) -> tuple[tuple[str, ...], str]:
    """Addresses that a browser is sent to, and the front page: public pages and pages to sign in at."""
    front = f"https://{tenant.domains.website}/" if tenant.services.wordpress is not None else ""
    found = [front, f"{front}wp-login.php"] if front else []
    if tenant.services.nextcloud is not None:
        found.append(f"https://{tenant.domains.nextcloud}/login")
    if tenant.services.identity is not None and identity_domain:
        found.append(f"https://{identity_domain}/realms/{tenant.code}/account/")
    return tuple(found), front
