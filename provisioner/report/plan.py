"""A plan as text for a person; no decisions."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner import messages
from provisioner.planning.model import Action, Caution, Move, Plan

DIGITS = 16
"""Characters of a digest that are shown, and that suffice to name a plan."""


def plan_text(plan: Plan, names: Mapping[str, str], waiting: int = 0) -> str:
    """The plan's actions, servers and cautions, and its digest.

    ``names`` gives official names by slug; ``waiting`` counts the requests that nobody approved yet.
    """
    parts: list[str] = []
    if plan.actions:
        heading = tuple(
            messages.text(f"plan.column-{name}") for name in ("action", "code", "name", "server", "why")
        )
        parts.append(_table([heading, *(_row(action, names) for action in plan.actions)]))
    else:
        parts.append(messages.text("plan.nothing") + "\n")
    parts.append(_servers(plan))
    if plan.cautions:
        parts.append("".join(f"! {_caution(caution)}\n" for caution in plan.cautions))
    if waiting:
        parts.append(messages.text("plan.waiting", count=waiting) + "\n")
    parts.append(_summary(plan))
    return "\n".join(parts)


def _servers(plan: Plan) -> str:
    realms = any(use.realms_capacity for use in plan.servers)
    names = ("server", "tenants", "memory", "disk", *(["realms"] if realms else []))
    rows = [
        (
            use.server,
            str(use.tenants),
            _share(use.memory_mib, use.memory_capacity_mib),
            _share(use.disk_mib, use.disk_capacity_mib),
            *([f"{use.realms} / {use.realms_capacity}" if use.realms_capacity else ""] if realms else []),
        )
        for use in plan.servers
    ]
    return _table([tuple(messages.text(f"plan.column-{name}") for name in names), *rows])


def _row(action: Action, names: Mapping[str, str]) -> tuple[str, ...]:
    server = f"{action.source} → {action.server}" if isinstance(action, Move) else action.server
    why = ", ".join(messages.text(f"plan.reason-{reason}") for reason in action.reasons)
    return (
        messages.text(f"plan.kind-{action.kind}"),
        action.code,
        names.get(action.slug, action.slug),
        server,
        why,
    )


def waiting_text(plan: Plan) -> str:
    """Who waits since a server was lost, as every command that leaves them out says."""
    waits = [each for each in plan.cautions if each.reason in ("server-lost", "half-back")]
    return "".join(f"! {_caution(caution)}\n" for caution in waits)


def _caution(caution: Caution) -> str:
    return messages.text(
        f"plan.caution-{caution.reason}", slug=caution.slug, host=caution.host, server=caution.server
    )


def _summary(plan: Plan) -> str:
    counts: dict[str, int] = {}
    for action in plan.actions:
        counts[action.kind] = counts.get(action.kind, 0) + 1
    parts = [f"{messages.text(f'plan.kind-{kind}')}: {count}" for kind, count in sorted(counts.items())]
    if messages.current() == "fr":
        parts = [part.replace(": ", " : ") for part in parts]
    line = messages.text("plan.digest", digest=plan.digest[:DIGITS])
    return "\n".join([*([", ".join(parts)] if parts else []), line]) + "\n"


def _share(used: int, capacity: int) -> str:
    # Whole per cents, rounded up: a full server never looks like one with room.
    percent = -(-100 * used // capacity) if capacity else 100
    return messages.text("plan.share", used=used, capacity=capacity, percent=percent)


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "".join(f"{line}\n" for line in lines)
