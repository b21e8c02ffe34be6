"""Specs made by hand, for tests of planning and of the inventory."""

from __future__ import annotations

from typing import Any

from provisioner.spec.consortium import Consortium
from provisioner.spec.tenant import Tenant

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJfqjXCCapMX/a3ccmITjJBhay3WDwE1aDfi0YCKU0jF"


def server(number: int, **changes: Any) -> dict[str, Any]:
    """One server's fields."""
    return {
        "id": f"srv{number}",
        "site": "ici",
        "address": f"192.0.2.{number}",
        "ssh_host_key": KEY,
        "memory_gib": 4,
        "disk_gib": 100,
        "roles": ["apps"],
        "fault_domain": f"d{number}",
        **changes,
    }


def consortium(*servers: dict[str, Any], **changes: Any) -> Consortium:
    """A consortium with these servers; two when there are none."""
    person = {"name": "Coop", "country": "CA"}
    return Consortium.model_validate(
        {
            "name": "Essai",
            "operators": [
                {"id": "o", "neq": "1140000001", "legal_form": "public", "ultimate_parent": person, **person}
            ],
            "sites": [
                {
                    "id": "ici",
                    "city": "Ici",
                    "province": "QC",
                    "latitude": 45,
                    "longitude": -71,
                    "operator": "o",
                }
            ],
            "servers": list(servers) or [server(1), server(2)],
            "debian": {"mirror": "http://d.example/d", "security_mirror": "http://d.example/s"},
            "resolvers": ["192.0.2.53"],
            "time_servers": ["t.example"],
            "mail_relay": {"host": "m.example", "sender_domain": "c.example"},
            "artifact_mirror": "https://a.example/",
            "acme": {"directory": "https://acme.example/d", "country": "CA", "contact": "x@c.example"},
            "administration_networks": ["203.0.113.0/28"],
            "rings": ["pilote"],
            **changes,
        }
    )


def tenant(code: str, state: str = "approved", **changes: Any) -> Tenant:
    """A municipality whose website is `www.m<code>.example`."""
    contact = {"name": "Direction", "email": "d@m.example"}
    return Tenant.model_validate(
        {
            "code": code,
            "name": f"Municipalité {code}",
            "designation": "Village",
            "contacts": {"administrator": contact, "privacy_officer": contact},
            "domains": {"website": f"www.m{code}.example"},
            "services": {"wordpress": {}},
            "ring": "pilote",
            "state": state,
            **({"leaving_until": "2027-01-31"} if state == "leaving" else {}),
            **changes,
        }
    )


def tenants(*given: Tenant) -> dict[str, Tenant]:
    """By slug, which is `m<code>`."""
    return {f"m{each.code}": each for each in given}
