"""What one file alone can't show: duplicates, dangling references, tenants that no server can hold.

Pure: models in, findings out; the caller knows the files and looks up the lines. Breaches of the policy
are in `policy`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from provisioner.spec import policy
from provisioner.spec.consortium import Consortium, Server, ServerRole
from provisioner.spec.document import Path
from provisioner.spec.findings import CONSORTIUM, Finding
from provisioner.spec.tenant import State, Tenant

RESERVED = frozenset({"all", "localhost", "servers", "tenants", "ungrouped"})
"""Names that Ansible's inventory uses for something else."""

Named = Iterable[tuple[str, str, Path]]
"""Values that must differ: the value, whose it is, and where it stands."""


def check(spec: Consortium | None, tenants: Mapping[str, Tenant]) -> list[Finding]:
    """Everything wrong between the files, consortium first, then tenants by slug.

    ``spec`` is None where consortium.yml itself is invalid: what can be said without it is said.
    """
    found: list[Finding] = []
    if spec is not None:
        found += _unique_in_consortium(spec)
        found += _references(spec)
        found += _kept_elsewhere(spec)
        found += policy.breaches(spec)
    found += _unique_among(tenants, spec)
    if spec is not None:
        found += _rebuilt_first(spec, tenants)
        for slug in sorted(tenants):
            found += _tenant(slug, tenants[slug], spec)
    return found


def _unique_in_consortium(spec: Consortium) -> Iterator[Finding]:
    ids = {
        "operators": [operator.id for operator in spec.operators],
        "sites": [site.id for site in spec.sites],
        "servers": [server.id for server in spec.servers],
    }
    for name, given in ids.items():
        yield from _duplicates(
            "spec.duplicate-id", [(id_, id_, (name, n, "id")) for n, id_ in enumerate(given)]
        )
    yield from _unique_in_audit(spec)
    yield from _duplicates(
        "spec.duplicate-address",
        [(s.address, s.id, ("servers", n, "address")) for n, s in enumerate(spec.servers) if not s.lost],
    )
    yield from _duplicates(
        "spec.duplicate-domain",
        [
            (server.identity_domain, server.id, ("servers", number, "identity_domain"))
            for number, server in enumerate(spec.servers)
            # The name of the sign-in pages of a lost server may go to the one that has its realms.
            if server.identity_domain is not None and not server.lost
        ],
    )
    for number, server in enumerate(spec.servers):
        if server.id in RESERVED or re.match(r"[0-9]{5}-", server.id):
            yield Finding("spec.reserved-id", CONSORTIUM, ("servers", number, "id"), {"value": server.id})


def _unique_in_audit(spec: Consortium) -> Iterator[Finding]:
    """Each who measures or cosigns has a name and a key of its own: two with one key may be one machine."""
    audit = spec.audit
    points, cosigners = audit.vantage_points, audit.cosigners
    for name, ids in (("vantage_points", [p.id for p in points]), ("cosigners", [c.id for c in cosigners])):
        yield from _duplicates(
            "spec.duplicate-id", [(id_, id_, ("audit", name, n, "id")) for n, id_ in enumerate(ids)]
        )
    keys: list[tuple[str, str, Path]] = [
        (_key(key), "signing_keys", ("audit", "signing_keys", n)) for n, key in enumerate(audit.signing_keys)
    ]
    keys += [
        (_key(c.public_key), c.id, ("audit", "cosigners", n, "public_key")) for n, c in enumerate(cosigners)
    ]
    keys += [
        (_key(p.public_key), p.id, ("audit", "vantage_points", n, "public_key")) for n, p in enumerate(points)
    ]
    yield from _duplicates("spec.duplicate-key-of", keys)


def _key(public_key: str) -> str:
    """The key itself, without its comment."""
    return public_key.split()[1]


def _references(spec: Consortium) -> Iterator[Finding]:
    operators = sorted({operator.id for operator in spec.operators})
    sites = sorted({site.id for site in spec.sites})
    for number, site in enumerate(spec.sites):
        if site.operator not in operators:
            context = {"value": site.operator, "expected": ", ".join(operators)}
            yield Finding("spec.unknown-operator", CONSORTIUM, ("sites", number, "operator"), context)
    for number, server in enumerate(spec.servers):
        if server.site not in sites:
            context = {"value": server.site, "expected": ", ".join(sites)}
            yield Finding("spec.unknown-site", CONSORTIUM, ("servers", number, "site"), context)
    for number, target in enumerate(spec.audit.backup_targets):
        if target.site not in sites:
            context = {"value": target.site, "expected": ", ".join(sites)}
            yield Finding(
                "spec.unknown-site", CONSORTIUM, ("audit", "backup_targets", number, "site"), context
            )


def _kept_elsewhere(spec: Consortium) -> Iterator[Finding]:
    """Whether copies lie at another site than what they are of, wherever a municipality is placed."""
    servers = [server for server in spec.servers if not server.lost]
    keepers = {server.site for server in servers if ServerRole.BACKUP in server.roles}
    if not keepers:
        return
    homes = {
        role: {server.site for server in servers if role in server.roles}
        for role in (ServerRole.APPS, ServerRole.IDENTITY)
    }
    for number, server in enumerate(spec.servers):
        others = homes[ServerRole.IDENTITY] if ServerRole.APPS in server.roles else set()
        together = [{server.site, other} for other in sorted(others)] or [{server.site}]
        writes = ServerRole.BACKUP not in server.roles and not server.lost
        if writes and not all(keepers - sites for sites in together):
            sites = ", ".join(sorted({site for each in together if not keepers - each for site in each}))
            context: dict[str, object] = {"value": server.site, "server": server.id, "sites": sites}
            yield Finding("spec.backup-same-site", CONSORTIUM, ("servers", number, "site"), context)


def _rebuilt_first(spec: Consortium, tenants: Mapping[str, Tenant]) -> Iterator[Finding]:
    for number, slug in enumerate(spec.policy.rebuild_first):
        if slug not in tenants:
            path = ("policy", "rebuild_first", number)
            yield Finding("spec.unknown-municipality", CONSORTIUM, path, {"value": slug})


def _unique_among(tenants: Mapping[str, Tenant], spec: Consortium | None) -> Iterator[Finding]:
    """Codes are identities, and a domain leads to one site only."""
    codes: dict[str, str] = {}
    servers = spec.servers if spec is not None else ()
    domains = {server.identity_domain: server.id for server in servers if server.identity_domain}
    for slug in sorted(tenants):
        tenant = tenants[slug]
        first = codes.setdefault(tenant.code, slug)
        if first != slug:
            yield Finding("spec.duplicate-code", slug, ("code",), {"value": tenant.code, "other": first})
        for path, domain in _domains(tenant):
            if domain in domains:
                context = {"value": domain, "other": domains[domain]}
                yield Finding("spec.duplicate-domain", slug, path, context)
            domains.setdefault(domain, slug)


def _domains(tenant: Tenant) -> Iterator[tuple[Path, str]]:
    yield ("domains", "website"), tenant.domains.website
    for number, alias in enumerate(tenant.domains.website_aliases):
        yield ("domains", "website_aliases", number), alias
    if tenant.domains.nextcloud is not None:
        yield ("domains", "nextcloud"), tenant.domains.nextcloud


def _duplicates(key: str, values: Named) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for value, owner, path in values:
        if value in first:
            yield Finding(key, CONSORTIUM, path, {"value": value, "other": first[value]})
        first.setdefault(value, owner)


def _tenant(slug: str, tenant: Tenant, spec: Consortium) -> Iterator[Finding]:
    if tenant.ring not in spec.rings:
        context: dict[str, object] = {"value": tenant.ring, "expected": ", ".join(spec.rings)}
        yield Finding("spec.unknown-ring", slug, ("ring",), context)
    unknown = list(_unknown_servers(slug, tenant, spec))
    yield from unknown
    if not unknown and tenant.state is not State.REFUSED:
        yield from _capacity(slug, tenant, spec)


def _unknown_servers(slug: str, tenant: Tenant, spec: Consortium) -> Iterator[Finding]:
    placing = tenant.placement
    if not placing.only and not placing.avoid:
        return
    servers = {server.id for server in spec.servers}
    for name, chosen in (("only", placing.only), ("avoid", placing.avoid)):
        for number, server in enumerate(chosen):
            if server not in servers:
                context = {"value": server, "expected": ", ".join(sorted(servers))}
                yield Finding("spec.unknown-server", slug, ("placement", name, number), context)


def _capacity(slug: str, tenant: Tenant, spec: Consortium) -> Iterator[Finding]:
    """Whether any server, empty, could hold the tenant; whether there is room left is the plan's question."""
    services = tenant.services
    if services.identity is not None and not any(
        ServerRole.IDENTITY in server.roles for server in spec.servers
    ):
        yield Finding("spec.no-identity-server", slug, ("services", "identity"), {"value": "identity"})
    if services.wordpress is None and services.nextcloud is None:
        return
    need = services.reservation()
    # The first server mostly holds it: looking at all of them for each tenant would grow as a square.
    for server in _allowed(tenant, spec):
        memory, disk = server.usable(spec.policy.headroom)
        if need.memory_mib <= memory and need.disk_mib <= disk:
            return
    allowed = list(_allowed(tenant, spec))
    if not allowed:
        yield Finding("spec.no-server-allowed", slug, ("placement",), {"role": ServerRole.APPS.value})
        return
    rooms = [server.usable(spec.policy.headroom) for server in allowed]
    context = {
        "memory": need.memory_mib,
        "disk": need.disk_mib,
        "most_memory": max(memory for memory, _ in rooms),
        "most_disk": max(disk for _, disk in rooms),
    }
    yield Finding("spec.too-big", slug, ("services",), context)


def _allowed(tenant: Tenant, spec: Consortium) -> Iterator[Server]:
    placing = tenant.placement
    for server in spec.servers:
        wanted = not placing.only or server.id in placing.only
        if wanted and ServerRole.APPS in server.roles and server.id not in placing.avoid:
            yield server
