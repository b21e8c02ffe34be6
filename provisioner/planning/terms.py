"""The terms of placement: what is asked of servers, what servers hold, and why they may refuse."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Demand:
    """What one municipality's service asks of a server; memory and disk in MiB."""

    key: str
    memory: int
    disk: int
    role: str
    only: frozenset[str] = frozenset()
    """Names of the servers that may be used; empty means any."""
    avoid: frozenset[str] = frozenset()
    """Names of servers not to be used."""


@dataclass(frozen=True)
class Bin:
    """What a server can hold, in MiB, headroom already taken off."""

    server: str
    memory: int
    disk: int
    roles: frozenset[str]
    fault_domain: str
    closed: bool = False
    """Takes nobody new; who is on it stays."""


class Reason(StrEnum):
    """Why a demand has no server, or is not where its constraints say; keys of messages, not prose."""

    NO_ROLE = "no-server-with-role"
    NOT_ALLOWED = "constraint-names-no-server"
    CLOSED = "servers-closed"
    TOO_BIG = "bigger-than-any-server"
    NO_ROOM = "no-room-left"
    SERVER_GONE = "locked-server-gone"


def mismatch(demand: Demand, box: Bin) -> Reason | None:
    """Why the demand may not be on this server, its size and the server's closing aside."""
    if demand.role not in box.roles:
        return Reason.NO_ROLE
    if box.server in demand.avoid or (demand.only and box.server not in demand.only):
        return Reason.NOT_ALLOWED
    return None
