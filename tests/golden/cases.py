"""Golden cases: a folder of specs each, and what planning and building make of it, byte for byte.

After a wanted change: `python -m tests.golden.update`, then review the difference.
"""

from __future__ import annotations

import json
from pathlib import Path

from provisioner import folder as folders
from provisioner.artifacts import lockfile
from provisioner.inventory.layers import Layers
from provisioner.inventory.rendering import render
from provisioner.planning import lock as locks
from provisioner.planning.diff import plan
from provisioner.planning.lock import Lock
from provisioner.planning.model import Consent

HERE = Path(__file__).parent
CASES = ("first", "second")
LAYERS = Layers(server="digest-of-server-roles", tenant="digest-of-tenant-roles")
"""Made up, so that work on a role leaves these files alone; each case pins archives that are made up too."""


def produced(case: str) -> dict[str, str]:
    """The files that a case gives, by path relative to its `expected` folder."""
    root = HERE / case
    specs = folders.load(root)
    lock_file = root / locks.NAME
    lock = locks.parse(lock_file.read_text("utf-8")) if lock_file.exists() else Lock()
    consent_file = root / "consent.json"
    consent = Consent.model_validate_json(consent_file.read_text("utf-8")) if consent_file.exists() else None
    made = plan(specs.consortium, specs.tenants, lock, consent)
    shown = json.dumps(made.model_dump(mode="json"), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    inventory = render(specs.consortium, specs.tenants, made.lock.placements, LAYERS, lockfile.load(root))
    return {
        "plan.json": shown,
        locks.NAME: locks.render(made.lock),
        **{f"build/{name}": text for name, text in inventory.items()},
    }


def expected(case: str) -> dict[str, str]:
    """The reviewed files of a case."""
    root = HERE / case / "expected"
    return {
        path.relative_to(root).as_posix(): path.read_text("utf-8")
        for path in root.rglob("*")
        if path.is_file()
    }
