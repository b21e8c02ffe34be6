"""A server prepared from nothing, kept for all who begin with one: `python -m tests.prepared`.

A plain Debian 13 that the playbook makes a server of, as at a consortium's first deployment: it must end well, and
what it made is what the other tests on hosts live on.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from provisioner import messages
from provisioner.lab import snapshots
from tests.deployed import Deployment, snapshot_name


def main(lab: str) -> None:
    """Nothing to do where the cache has it."""
    if snapshots.find(snapshot_name()):
        return
    with tempfile.TemporaryDirectory(prefix="nuage-prepared-") as folder:
        deployment = Deployment(Path(folder) / "consortium", lab)
        try:
            deployment.start_lab()
            deployment.write_consortium()
            deployment.approve()
            deployment.prepare_server()
        finally:
            deployment.lab.down()


if __name__ == "__main__":
    messages.use("en")
    main(*(sys.argv[1:] or ["test"]))
