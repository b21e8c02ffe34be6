"""Hosts for molecule: `python -m tests.scenario create|destroy FOLDER SCENARIO`.

The scenario `default` has all services, the small ones have websites alone. They begin with a prepared server, from the
cache's snapshot (`python -m tests.prepared`); without one, `default` begins with a fresh one.
"""

from __future__ import annotations

import shutil
import sys
from datetime import date, timedelta
from pathlib import Path

from provisioner import messages
from tests.deployed import ABERCORN, GARDIEN, ILES, SITES, Deployment

LAB = "molecule"


def create(folder: Path, scenario: str) -> None:
    """The lab and a built inventory."""
    small = scenario != "default"
    deployment = Deployment(folder, LAB, SITES) if small else Deployment(folder, LAB)
    prepared = deployment.start_lab()
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    deployment.write_consortium()
    deployment.approve()
    if small and not prepared:
        deployment.prepare_server()
    if scenario == "tenant_wordpress":
        until = (date.today() + timedelta(days=30)).isoformat()
        deployment.nuage("request", "suspend", GARDIEN.slug, "--reason", scenario)
        deployment.nuage("request", "leave", ILES.slug, "--until", until, "--reason", scenario)
        deployment.change(ABERCORN, services={"wordpress": {"disk_mib": 1024, "mode": "resident"}})
    deployment.nuage("build")


def destroy(folder: Path) -> None:
    """Nothing is left of either."""
    Deployment(folder, LAB).lab.down()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    messages.use("en")
    action, target, name = sys.argv[1:]
    if action == "create":
        create(Path(target), name)
    else:
        destroy(Path(target))
