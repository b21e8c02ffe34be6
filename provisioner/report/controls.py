"""The catalogue of controls as a Markdown table, in the current language; the documentation holds it as printed."""

from __future__ import annotations

from provisioner import messages
from provisioner.audit.controls.catalogue import CONTROLS, Control

_COLUMNS = ("id", "title", "kind", "severity", "sources", "objectives")


def table() -> str:
    """One row for each control; ends with a newline."""
    rows = [[_text(f"column-{name}") for name in _COLUMNS], ["---"] * len(_COLUMNS), *map(_row, CONTROLS)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def as_json(control: Control) -> dict[str, object]:
    """Keys, never prose."""
    return {
        "id": control.id,
        "kind": control.kind,
        "theme": control.theme,
        "severity": control.severity,
        "sources": list(control.sources),
        "objectives": list(control.objectives),
    }


def _row(control: Control) -> list[str]:
    name = control.id.lower()
    return [
        control.id,
        f"**{_text(f'{name}-title')}.** {_text(f'{name}-expected')}",
        _text(f"kind-{control.kind}"),
        _text(f"severity-{control.severity}"),
        "; ".join(_text(f"source-{source}") for source in control.sources),
        ", ".join(control.objectives),
    ]


def _text(name: str) -> str:
    return messages.text(f"audit-controls.{name}")
