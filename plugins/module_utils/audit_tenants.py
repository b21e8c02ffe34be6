# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a server says of each municipality that it knows."""

from __future__ import annotations

import json

from ansible_collections.nuage_commun.platform.plugins.module_utils import (
    audit_nextcloud,
    audit_storage,
    audit_wordpress,
    tenant_place,
)
from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_shapes as shapes


def tenants(codes, mounted, counters, realms):
    """One document for each municipality that the server knows."""
    found = {}
    for code in codes:
        services = {
            "nextcloud": audit_nextcloud.nextcloud(code),
            "wordpress": audit_wordpress.wordpress(code),
            "identity": realms.get(code),
        }
        found[code] = {
            "services": {name: said for name, said in services.items() if said is not None},
            "paths": audit_storage.of_tenant(code, mounted),
            "closed": closed(code),
            "egress": [one for one in counters if one["chain"] == f"t{code}"],
        }
    return found


def closed(code):
    """Whether its applications here are the copy that a move left: kept, shut, and somewhere else at work."""
    try:
        note = json.loads(shapes.read(tenant_place.note_path(code)))
    except ValueError:
        return False
    return isinstance(note, dict) and note.get("state") == "closed"
