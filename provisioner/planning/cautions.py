"""What a person should know of a plan though it stops nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provisioner.planning.demands import Resident
from provisioner.planning.lock import Placed
from provisioner.planning.model import Action, Caution, Move, Remove
from provisioner.planning.placement import Placement


def cautions(
    placement: Placement,
    everyone: Mapping[str, Resident],
    actions: Iterable[Action],
    after: Mapping[str, Placed],
    lost: frozenset[str],
) -> tuple[Caution, ...]:
    """Of who is where it should not be, of who waits, and of what actions leave behind or take away."""
    found = [
        Caution(reason="overfull", server=entry.server)
        for entry in placement.overfull
        if entry.server not in lost
    ]
    found += [
        Caution(
            reason=f"misplaced-{entry.reason.value}",
            host=entry.key,
            slug=everyone[entry.key].slug,
            server=entry.server,
        )
        for entry in placement.misplaced
    ]
    found += _waiting(after, lost)
    for action in actions:
        if isinstance(action, Move) and "server-lost" not in action.reasons:
            found.append(
                Caution(reason="move-leaves-data", host=action.host, slug=action.slug, server=action.source)
            )
        elif "directory-gone" in action.reasons:
            found.append(
                Caution(reason="people-go", host=action.host, slug=action.slug, server=action.server)
            )
        elif isinstance(action, Remove):
            found.append(
                Caution(reason="remove-leaves-data", host=action.host, slug=action.slug, server=action.server)
            )
    return tuple(found)


def _waiting(after: Mapping[str, Placed], lost: frozenset[str]) -> list[Caution]:
    reasons = {
        host: "server-lost" if placed.server in lost else "half-back"
        for host, placed in sorted(after.items())
        if placed.server in lost or placed.awaits is not None
    }
    return [
        Caution(reason=reason, host=host, slug=after[host].slug, server=after[host].server)
        for host, reason in reasons.items()
    ]
