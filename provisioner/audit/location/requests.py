"""What a vantage point is asked to measure: a small JSON file, which says nothing that is secret.

``{"format": "nuage-probe/1", "audit", "nonce", "servers": [{"id", "address", "port", "host_key"}]}``
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.audit.bundle import canonical, sshsig
from provisioner.audit.location.prober import Target
from provisioner.errors import InvalidInputError

FORMAT = "nuage-probe/1"


def document(audit: Mapping[str, Any], consortium: Mapping[str, Any]) -> dict[str, Any]:
    """The request of an audit (`audit.json`: its id and nonce) for all servers of a spec."""
    servers = [
        {
            "id": server["id"],
            "address": server["address"],
            "port": server["ssh_port"],
            "host_key": server["ssh_host_key"],
        }
        for server in consortium["servers"]
    ]
    return {"format": FORMAT, "audit": audit["id"], "nonce": audit["nonce"], "servers": servers}


def target(data: bytes, server: str, file: str = "") -> Target:
    """What a request says of one server. InvalidInputError when it isn't one, or doesn't name the server."""
    try:
        asked = canonical.loads(data)
        if asked["format"] != FORMAT or len(bytes.fromhex(asked["nonce"])) != 32:
            raise ValueError("format")
        servers = {one["id"]: one for one in asked["servers"]}
        if server not in servers:
            raise InvalidInputError(
                "audit-probe.no-server", file=file, subject=server, known=", ".join(sorted(servers))
            )
        one = servers[server]
        sshsig.public_key(one["host_key"])
        return Target(
            str(asked["audit"]),
            asked["nonce"],
            server,
            str(one["address"]),
            int(one["port"]),
            one["host_key"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInputError("audit-probe.bad-request", file=file, reason=str(error)) from None
