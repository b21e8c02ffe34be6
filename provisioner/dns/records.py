"""Which records a municipality's sites need. Pure: specs and an address in, records out."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from enum import StrEnum

from provisioner.spec.consortium import MailRelay
from provisioner.spec.types import Model


class Kind(StrEnum):
    """Types of DNS records that are checked."""

    A = "A"
    AAAA = "AAAA"
    CAA = "CAA"
    TXT = "TXT"


class Creator(StrEnum):
    """Who has to create a record."""

    MUNICIPALITY = "municipality"
    CONSORTIUM = "consortium"


class Record(Model):
    """One record that ought to be; an empty value: there ought to be none of that type."""

    name: str
    kind: Kind
    value: str
    creator: Creator = Creator.MUNICIPALITY
    required: bool = True
    """Without it the site doesn't work, or its certificate isn't had; others are recommended."""


def site_records(names: Sequence[str], address: str) -> tuple[Record, ...]:
    """Addresses of a site's names. The other family must be absent: visitors would go where it says."""
    right, wrong = (Kind.A, Kind.AAAA) if ipaddress.ip_address(address).version == 4 else (Kind.AAAA, Kind.A)
    wanted = [Record(name=name, kind=right, value=address) for name in names]
    return (*wanted, *(Record(name=name, kind=wrong, value="") for name in names))


def authority_records(names: Sequence[str], identities: Sequence[str]) -> tuple[Record, ...]:
    """CAA: only the consortium's authority may issue. One record serves a name and all below it."""
    if not identities:
        return ()
    value = f'0 issue "{identities[0]}"'
    return tuple(
        Record(name=name, kind=Kind.CAA, value=value, required=False)
        for name in names
        if not any(name.endswith(f".{other}") for other in names)
    )


def sender_records(relay: MailRelay) -> tuple[Record, ...]:
    """SPF: the consortium's relay may send mail for the domain that sites send from."""
    try:
        version = ipaddress.ip_address(relay.host).version
        source = f"ip{version}:{relay.host}"
    except ValueError:
        source = f"a:{relay.host}"
    return (
        Record(
            name=relay.sender_domain,
            kind=Kind.TXT,
            value=f"v=spf1 {source} -all",
            creator=Creator.CONSORTIUM,
            required=False,
        ),
    )
