"""The roles' interfaces as their files state them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).parents[2] / "roles"


def names() -> list[str]:
    """Every role of the collection."""
    return sorted(path.parent.parent.name for path in ROLES.glob("*/meta/main.yml"))


def options(role: str) -> dict[str, dict[str, Any]]:
    """The options of the role's main entry point."""
    text = (ROLES / role / "meta" / "argument_specs.yml").read_text("utf-8")
    found = yaml.safe_load(text)["argument_specs"]["main"].get("options") or {}
    return dict(found)


def defaults(role: str) -> dict[str, Any]:
    """The role's default values."""
    path = ROLES / role / "defaults" / "main.yml"
    return dict(yaml.safe_load(path.read_text("utf-8")) or {}) if path.exists() else {}
