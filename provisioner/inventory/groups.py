"""Names of the inventory's groups. Ansible wants letters, digits and underscores."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from provisioner.spec.consortium import Server, ServerRole
from provisioner.spec.tenant import Tenant


def server_groups(server: Server) -> Iterator[str]:
    """Groups of a server."""
    yield "servers"
    for role in sorted(server.roles):
        yield f"role_{role.value}"
    yield f"site_{group_name(server.site)}"
    yield f"fault_domain_{group_name(server.fault_domain)}"


def tenant_groups(tenant: Tenant, server: str, role: str) -> Iterator[str]:
    """Groups of a municipality's inventory host on a server of that role."""
    yield "tenants"
    yield f"tenants_{role}"
    yield f"tenant_{tenant.code}"
    yield f"server_{group_name(server)}"
    for service in tenant.services.names:
        if (service == "identity") == (role == ServerRole.IDENTITY):
            yield f"service_{service}"
    yield f"ring_{group_name(tenant.ring)}"
    if tenant.region is not None:
        yield f"region_{group_name(tenant.region)}"
    if tenant.mrc is not None:
        yield f"mrc_{group_name(tenant.mrc)}"


@cache
def group_name(text: str) -> str:
    """``text`` without accents, in lower case, everything but letters and digits as underscores."""
    letters = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("æ", "ae"))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_")
