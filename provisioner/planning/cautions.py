"""What a person should know of a plan though it stops nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provisioner.planning.demands import Resident
from provisioner.planning.model import Action, Caution, Move, Remove
from provisioner.planning.placement import Placement


def cautions(
    placement: Placement, everyone: Mapping[str, Resident], actions: Iterable[Action]
) -> tuple[Caution, ...]:
    """Of who is where it should not be, and of what actions leave behind or take away."""
    found = [Caution(reason="overfull", server=entry.server) for entry in placement.overfull]
    found += [
        Caution(
            reason=f"misplaced-{entry.reason.value}",
            host=entry.key,
            slug=everyone[entry.key].slug,
            server=entry.server,
        )
        for entry in placement.misplaced
    ]
    for action in actions:
        if isinstance(action, Move):
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
