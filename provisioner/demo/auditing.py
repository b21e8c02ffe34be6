"""The demo's audit: this machine plays the ops team, a vantage point beside the first site, and the auditor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml

from provisioner.files import read_text, write_atomic

SEAL, VANTAGE_KEY, VANTAGE_POINT = "seal", "vantage-key", "here"
BUNDLE = "audit"
Command = Callable[..., None]
"""Runs `nuage` with these arguments."""


def declare(folder: Path, nuage: Command) -> None:
    """Keys that seal and measure, and what consortium.yml says of them. Measures are made where the first site is."""
    for name in (SEAL, VANTAGE_KEY):
        nuage("audit", "key", str(folder / name))
    path = folder / "consortium.yml"
    spec = yaml.safe_load(read_text(path))
    beside = spec["sites"][0]
    spec["audit"] = {
        "signing_keys": [_public(folder / SEAL)],
        "vantage_points": [
            {
                "id": VANTAGE_POINT,
                "latitude": beside["latitude"],
                "longitude": beside["longitude"],
                "position_error_m": 100,
                "public_key": _public(folder / VANTAGE_KEY),
            }
        ],
    }
    write_atomic(path, yaml.safe_dump(spec, allow_unicode=True, sort_keys=False))


def audit(folder: Path, nuage: Command, language: str) -> Path:
    """Collect, verify with the public key alone, report, publish; the report's file."""
    bundle, report = folder / f"{BUNDLE}.tar", folder / f"{BUNDLE}.html"
    asked = ("--vantage-point", VANTAGE_POINT, "--vantage-key", str(folder / VANTAGE_KEY))
    nuage("audit", "collect", "--key", str(folder / SEAL), "--output", str(folder / BUNDLE), *asked)
    nuage("audit", "verify", str(bundle), "--key", str(folder / f"{SEAL}.pub"))
    nuage("audit", "report", str(bundle), "--language", language, "--output", str(report))
    nuage("audit", "publish", str(bundle), "--output", str(folder / "transparency"))
    return report


def _public(key: Path) -> str:
    return " ".join(read_text(key.with_name(f"{key.name}.pub")).split()[:2])
