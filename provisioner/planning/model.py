"""What a plan is: actions, refusals, cautions and the lock that results, as one frozen value.

Reasons are keys of the catalogue area `plan`, never prose, so that programs can read them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from provisioner.planning.lock import Awaited, Lock
from provisioner.spec.types import Code, Model, Slug


class _Action(Model):
    host: str
    """Inventory name of what is acted on, such as `46005-apps`."""
    code: Code
    slug: str
    server: str
    """Where the municipality is after the action; where it was, when it is removed."""
    reasons: tuple[str, ...]


class Create(_Action):
    """A municipality gets its place on a server."""

    kind: Literal["create"] = "create"


class Change(_Action):
    """Its spec is not what was last carried out."""

    kind: Literal["change"] = "change"


class Suspend(_Action):
    """Its sites answer a plain notice from now on; nothing is deleted."""

    kind: Literal["suspend"] = "suspend"


class Resume(_Action):
    """Its sites answer again."""

    kind: Literal["resume"] = "resume"


class Leave(_Action):
    """Its sites are read-only until a date."""

    kind: Literal["leave"] = "leave"


class Move(_Action):
    """It goes to another server, with consent. Its data is not copied (docs/en/plan.md)."""

    kind: Literal["move"] = "move"
    source: str


class Remove(_Action):
    """It leaves the inventory, with consent. Its data stays on the server."""

    kind: Literal["remove"] = "remove"


Action = Annotated[Create | Change | Suspend | Resume | Leave | Move | Remove, Field(discriminator="kind")]


class Refusal(Model):
    """Something asked that the plan doesn't do; any refusal keeps the whole plan from being carried out."""

    reason: str
    host: str = ""
    code: str = ""
    slug: str = ""
    server: str = ""


class Caution(Model):
    """Something that a person should know and that stops nothing."""

    reason: str
    host: str = ""
    slug: str = ""
    server: str = ""


class ServerUse(Model):
    """What a server holds after the plan, in MiB; the capacities have the headroom taken off."""

    server: str
    tenants: int
    """Municipalities whose applications are there."""
    memory_mib: int
    memory_capacity_mib: int
    disk_mib: int
    disk_capacity_mib: int
    realms: int = 0
    realms_capacity: int = 0
    """Municipalities whose accounts are there, and how many may be; 0 where it is no identity server."""


class Return(Model):
    """From a lost server to another one, with a copy."""

    server: str
    awaits: Awaited


class Consent(Model):
    """What a person asked for by name: moves, and the codes whose removal or move is consented to."""

    moves: dict[Slug, Slug] = Field(default_factory=dict)
    """Server to go to, by the municipality's slug."""
    remove: frozenset[Code] = frozenset()
    move: frozenset[Code] = frozenset()
    parts: frozenset[str] = frozenset({"apps", "identity"})
    """Server roles whose hosts are moved."""
    people: frozenset[Code] = frozenset()
    """Municipalities whose directory may be taken away, and with it the people who came from it."""
    returns: dict[str, Return] = Field(default_factory=dict)
    """By inventory host, the place of who lived on a lost server; there is room (`provisioner.planning.rebuilding`)."""


class Plan(Model):
    """The outcome of planning; the same specs, lock and consent give the same bytes on any machine."""

    digest: str
    """SHA-256 over specs, lock and actions; what `nuage apply --plan` demands."""
    actions: tuple[Action, ...]
    refusals: tuple[Refusal, ...] = ()
    cautions: tuple[Caution, ...] = ()
    servers: tuple[ServerUse, ...] = ()
    lock: Lock
    """The lock once the plan is carried out."""
    following: str
    """Digest of the plan that these specs give once this one is carried out: it has no action left."""
