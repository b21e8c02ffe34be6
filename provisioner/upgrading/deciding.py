"""Who goes over to another release now, and what stands against it. Pure: the same values give the same answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioner.artifacts.model import Pin
from provisioner.errors import InvalidInputError, Problem, RefusedError
from provisioner.planning.lock import Lock
from provisioner.spec.consortium import Consortium, ServerRole
from provisioner.spec.tenant import Tenant
from provisioner.upgrading.chosen import Chosen, release_name, version_of


@dataclass(frozen=True)
class Asked:
    """What a person asked for. ``only`` names codes; ``early`` a ring that needn't wait for those before it."""

    version: str
    ring: str = ""
    only: frozenset[str] = frozenset()
    early: str = ""


@dataclass(frozen=True)
class Situation:
    """What there is: specs, who lives somewhere, which release they have, what is pinned, and what time it is."""

    consortium: Consortium
    tenants: Mapping[str, Tenant]
    lock: Lock
    chosen: Chosen
    pins: Mapping[str, Pin]
    now: datetime

    @property
    def target(self) -> str:
        """Name of the release that `artifacts.lock.yml` pins."""
        return release_name(self.pins)

    def members(self) -> Iterator[Tenant]:
        """Whose Nextcloud is at work, sorted."""
        placed = self.lock.placements
        for _, tenant in sorted(self.tenants.items()):
            there = placed.get(f"{tenant.code}-{ServerRole.APPS}")
            if tenant.services.nextcloud is not None and there is not None and there.state == "active":
                yield tenant


def decide(situation: Situation, asked: Asked) -> tuple[Tenant, ...]:
    """Who goes over, sorted by ring and name; nobody where all of them have it.

    Raises:
        InvalidInputError: a ring of that name isn't there.
        RefusedError: everything that stands against it.
    """
    rings = situation.consortium.rings
    for ring in filter(None, (asked.ring, asked.early)):
        if ring not in rings:
            raise InvalidInputError("upgrading.no-ring", value=ring, expected=", ".join(rings))
    pinned = situation.pins.get("nextcloud")
    if pinned is None or pinned.version != asked.version or not situation.target:
        found = pinned.version if pinned else "—"
        raise RefusedError("upgrading.not-pinned", subject=f"nextcloud {asked.version}", found=found)
    named = _named(situation, asked)
    going = [each for each in named if situation.chosen.release_of(each.code) != situation.target]
    if not (asked.ring or asked.only) and going:
        first = min(rings.index(each.ring) for each in going)
        going = [each for each in going if rings.index(each.ring) == first]
    going.sort(key=lambda each: (rings.index(each.ring), each.name))
    problems = [*_versions(situation, going, asked.version), *_rings(situation, going, asked.early)]
    if problems:
        raise RefusedError.of(problems)
    return tuple(going)


def _named(situation: Situation, asked: Asked) -> list[Tenant]:
    members = list(situation.members())
    codes = {each.code for each in members}
    slugs = {tenant.code: slug for slug, tenant in situation.tenants.items()}
    lacking = sorted(asked.only - codes)
    if lacking:
        raise RefusedError.of([Problem("upgrading.not-at-work", subject=slugs[code]) for code in lacking])
    return [
        each
        for each in members
        if (not asked.only or each.code in asked.only) and (not asked.ring or each.ring == asked.ring)
    ]


def _versions(situation: Situation, going: list[Tenant], wanted: str) -> Iterator[Problem]:
    for tenant in going:
        found = version_of(situation.chosen.release_of(tenant.code))
        if not found:
            continue
        context: dict[str, object] = {"found": found, "wanted": wanted}
        if _numbers(wanted) < _numbers(found):
            yield Problem("upgrading.downgrade", subject=tenant.name, context=context)
        elif _numbers(wanted)[0] > _numbers(found)[0] + 1:
            context["between"] = str(_numbers(found)[0] + 1)
            yield Problem("upgrading.skips", subject=tenant.name, context=context)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _rings(situation: Situation, going: list[Tenant], early: str) -> Iterator[Problem]:
    rings = situation.consortium.rings
    for ring in sorted({each.ring for each in going} - {early}, key=rings.index):
        for former in rings[: rings.index(ring)]:
            if all(each.ring != former or each in going for each in situation.members()):
                # Nobody is in it, or it goes over in this very run, before.
                ahead = [each for each in going if each.ring == former]
                if ahead:
                    yield Problem(
                        "upgrading.ring-behind", subject=ring, context={"former": former, "count": len(ahead)}
                    )
                continue
            yield from _former(situation, ring, former)


def _former(situation: Situation, ring: str, former: str) -> Iterator[Problem]:
    """What keeps a ring from following another one."""
    days = situation.consortium.policy.upgrade_days
    behind, until = 0, situation.now
    for tenant in (each for each in situation.members() if each.ring == former):
        choice = situation.chosen.municipalities.get(tenant.code)
        if choice is None or choice.release != situation.target:
            behind += 1
        elif choice.since:
            until = max(until, datetime.fromisoformat(choice.since) + timedelta(days=days))
    context: dict[str, object] = {"former": former, "count": behind, "days": days}
    if behind:
        yield Problem("upgrading.ring-behind", subject=ring, context=context)
    elif until > situation.now:
        yield Problem(
            "upgrading.ring-young", subject=ring, context=context | {"until": f"{until:%Y-%m-%d %H:%M} UTC"}
        )
