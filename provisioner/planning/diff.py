"""From specs, lock and consent to a plan. Pure: no files, no clock, no live state.

Deliberately unsupported: copying a municipality's data when it moves, and destroying it when it is removed.
Both are refused unless a person names the municipality, and the plan says what they don't do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from provisioner.planning import cautions, use
from provisioner.planning.canonical import digest
from provisioner.planning.demands import Resident, bins, cells, residents, spec_digest
from provisioner.planning.lock import Awaited, Lock, Placed
from provisioner.planning.model import (
    Action,
    Change,
    Consent,
    Create,
    Leave,
    Move,
    Plan,
    Refusal,
    Remove,
    Resume,
    Suspend,
)
from provisioner.planning.placement import Bin, Placement, place
from provisioner.planning.rebuilding import lost_servers
from provisioner.spec.consortium import Consortium, ServerRole
from provisioner.spec.tenant import Tenant

_TURNS: Mapping[str, tuple[type[Resume] | type[Suspend] | type[Leave], str]] = {
    "active": (Resume, "state-active"),
    "suspended": (Suspend, "state-suspended"),
    "leaving": (Leave, "state-leaving"),
}
_RESERVED = re.compile(r"^(all|ungrouped|localhost|servers|tenants|[0-9]{5}-.*)$")


def plan(
    consortium: Consortium,
    tenants: Mapping[str, Tenant],
    lock: Lock,
    consent: Consent | None = None,
    given: Mapping[str, str] | None = None,
) -> Plan:
    """What carrying out the specs would do, who is refused and why, and the lock afterwards.

    ``tenants`` is keyed by slug, ``given`` by code: what changes with the secrets that a municipality has from
    elsewhere (`provisioner.inventory.given`). The specs are taken as cross-checked (`provisioner.folder`).
    """
    asked = consent or Consent()
    everyone = {resident.host: resident for resident in residents(tenants, given or {})}
    boxes, realms = bins(consortium), cells(consortium)
    moves, refused_moves = _moves(everyone, lock, boxes, asked)
    placement = _place(everyone, [boxes, realms], lock, moves, asked)
    after = _after(everyone, placement, lock, asked)
    actions, refused_removals = _actions(everyone, lock, after, tenants, asked)
    refused_people = _directories(everyone, lock, after, asked)
    left = {host: placed for host, placed in lock.placements.items() if host not in everyone}
    for refusal in refused_removals:
        after[refusal.host] = left[refusal.host]
    specs = {"consortium": consortium, "tenants": dict(tenants)}
    this, following = _digest(specs, lock.placements, actions), _digest(specs, after, ())
    return Plan(
        digest=this,
        actions=actions,
        refusals=_sorted_refusals(
            [
                *_reserved(boxes),
                *refused_moves,
                *_unplaced(everyone, placement),
                *refused_removals,
                *refused_people,
            ]
        ),
        cautions=cautions.cautions(placement, everyone, actions, after, lost_servers(consortium)),
        servers=use.servers(boxes, realms, everyone, placement.where),
        lock=Lock(
            plan=this if actions else lock.plan,
            following=following if actions else lock.following,
            placements=dict(sorted(after.items())),
        ),
        following=following,
    )


def _digest(specs: Mapping[str, object], placements: Mapping[str, Placed], actions: Iterable[Action]) -> str:
    # Names of secrets are book-keeping of the vault, and copies that came are of the lock: no other plan is made of it.
    known = {host: placed.model_dump(exclude={"secrets", "awaits"}) for host, placed in placements.items()}
    return digest({"specs": specs, "lock": known, "actions": list(actions)})


def _moves(
    everyone: Mapping[str, Resident], lock: Lock, boxes: Iterable[Bin], asked: Consent
) -> tuple[dict[str, str], list[Refusal]]:
    hosts: dict[str, list[Resident]] = {}
    for resident in everyone.values():
        hosts.setdefault(resident.slug, []).append(resident)
    roles = {box.server: box.roles for box in boxes}
    moves: dict[str, str] = {}
    refused: list[Refusal] = []
    for slug, target in sorted(asked.moves.items()):
        placed = [each for each in hosts.get(slug, ()) if each.host in lock.placements]
        there = roles.get(target, frozenset()) & asked.parts
        found = [each for each in placed if each.demand.role in there]
        if not found:
            reason = "move-unknown-server" if placed else "move-not-placed"
            refused.append(Refusal(reason=reason, slug=slug, server=target))
            continue
        for each in found:
            if lock.placements[each.host].server == target:
                continue
            if each.tenant.code in asked.move:
                moves[each.host] = target
            else:
                refused.append(_refusal("move-needs-consent", each, target))
    return moves, refused


def _place(
    everyone: Mapping[str, Resident],
    kinds: Iterable[list[Bin]],
    lock: Lock,
    moves: Mapping[str, str],
    asked: Consent,
) -> Placement:
    # Applications ask for memory and disk, accounts for a realm: apart, since the one isn't worth some of the other.
    demands = [
        replace(each.demand, only=frozenset({moves[host]})) if host in moves else each.demand
        for host, each in everyone.items()
    ]
    settled = {
        host: placed.server
        for host, placed in lock.placements.items()
        if host in everyone and host not in moves
    }
    settled |= {host: back.server for host, back in asked.returns.items() if host in settled}
    apps, identity = kinds
    return _both(
        place([each for each in demands if each.role != ServerRole.IDENTITY], apps, settled),
        place([each for each in demands if each.role == ServerRole.IDENTITY], identity, settled),
    )


def _both(one: Placement, other: Placement) -> Placement:
    return Placement(
        where={**one.where, **other.where},
        unplaced=(*one.unplaced, *other.unplaced),
        overfull=(*one.overfull, *other.overfull),
        misplaced=(*one.misplaced, *other.misplaced),
    )


def _after(
    everyone: Mapping[str, Resident], placement: Placement, lock: Lock, asked: Consent
) -> dict[str, Placed]:
    after: dict[str, Placed] = {}
    for host, each in everyone.items():
        before = lock.placements.get(host)
        server = placement.where.get(host)
        if server is None:
            if before is not None:
                after[host] = before
            continue
        after[host] = Placed(
            server=server,
            slug=each.slug,
            state=each.state,
            digest=spec_digest(each.tenant),
            secrets=before.secrets if before else (),
            directory=each.directory,
            given=each.given,
            awaits=_awaited(host, server, before, asked),
        )
    return after


def _awaited(host: str, server: str, before: Placed | None, asked: Consent) -> Awaited | None:
    if host in asked.returns and asked.returns[host].server == server:
        return asked.returns[host].awaits
    return before.awaits if before is not None and before.server == server else None


def _actions(
    everyone: Mapping[str, Resident],
    lock: Lock,
    after: Mapping[str, Placed],
    tenants: Mapping[str, Tenant],
    asked: Consent,
) -> tuple[tuple[Action, ...], list[Refusal]]:
    actions = [
        action
        for host, placed in after.items()
        if (action := _action(everyone[host], lock.placements.get(host), placed)) is not None
    ]
    states = {tenant.code: tenant.state.value for tenant in tenants.values()}
    refused: list[Refusal] = []
    for host, placed in lock.placements.items():
        if host in everyone:
            continue
        code = host[:5]
        reason = f"state-{states[code]}" if code in states else "spec-gone"
        if code in asked.remove:
            actions.append(
                Remove(host=host, code=code, slug=placed.slug, server=placed.server, reasons=(reason,))
            )
        else:
            refused.append(
                Refusal(
                    reason="remove-needs-consent",
                    host=host,
                    code=code,
                    slug=placed.slug,
                    server=placed.server,
                )
            )
    return tuple(sorted(actions, key=lambda action: action.host)), refused


def _directories(
    everyone: Mapping[str, Resident], lock: Lock, after: Mapping[str, Placed], asked: Consent
) -> list[Refusal]:
    """Who would lose people: Keycloak deletes those of a directory with the directory."""
    return [
        _refusal("people-need-consent", everyone[host], placed.server)
        for host, placed in after.items()
        if "directory-gone" in _reasons(lock.placements.get(host, placed), placed)
        and everyone[host].tenant.code not in asked.people
    ]


def _action(resident: Resident, before: Placed | None, after: Placed) -> Action | None:
    if before is None:
        return Create(**_who(resident, after), reasons=("new", *_unusual(after)))
    turn, reasons = _TURNS[after.state][0], _reasons(before, after)
    if before.server != after.server:
        why = "move-asked" if after.awaits is None else "server-lost"
        return Move(**_who(resident, after), reasons=(why, *reasons), source=before.server)
    if before.state != after.state:
        return turn(**_who(resident, after), reasons=reasons)
    return Change(**_who(resident, after), reasons=reasons) if reasons else None


def _reasons(before: Placed, after: Placed) -> tuple[str, ...]:
    reasons = [_TURNS[after.state][1]] if before.state != after.state else []
    reasons += ["spec-changed"] if before.digest != after.digest else []
    reasons += ["secret-given"] if after.given and before.given not in ("", after.given) else []
    reasons += ["directory-gone"] if before.directory and not after.directory else []
    reasons += ["renamed"] if before.slug != after.slug else []
    return tuple(reasons)


def _unusual(placed: Placed) -> tuple[str, ...]:
    return () if placed.state == "active" else (f"state-{placed.state}",)


def _who(resident: Resident, placed: Placed) -> dict[str, str]:
    return {
        "host": resident.host,
        "code": resident.tenant.code,
        "slug": resident.slug,
        "server": placed.server,
    }


def _refusal(reason: str, resident: Resident, server: str = "") -> Refusal:
    return Refusal(
        reason=reason, host=resident.host, code=resident.tenant.code, slug=resident.slug, server=server
    )


def _reserved(boxes: Iterable[Bin]) -> list[Refusal]:
    # A server and a group, or a server and a municipality, would be the same name in the inventory.
    return [
        Refusal(reason="server-name-reserved", server=box.server)
        for box in boxes
        if _RESERVED.match(box.server)
    ]


def _unplaced(everyone: Mapping[str, Resident], placement: Placement) -> list[Refusal]:
    return [_refusal(entry.reason.value, everyone[entry.key]) for entry in placement.unplaced]


def _sorted_refusals(refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
    return tuple(sorted(refusals, key=lambda each: (each.host, each.slug, each.server, each.reason)))
