"""The request that an audit begins with: what vantage points measure for, and what `collect` goes on from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from provisioner.audit.bundle import canonical
from provisioner.audit.location import requests
from provisioner.audit.observing.beginning import Beginning
from provisioner.errors import InvalidInputError
from provisioner.files import read_text
from provisioner.spec.consortium import Consortium


def document(begun: Beginning, consortium: Consortium) -> dict[str, Any]:
    """What `nuage audit probe --request` reads, and when the audit began."""
    running = [server.model_dump(mode="json") for server in consortium.servers if not server.lost]
    servers = {"servers": running}
    asked = requests.document({"id": begun.id, "nonce": begun.nonce}, servers)
    return {**asked, "began": begun.began}


def read(file: Path) -> Beginning:
    """The audit that a request is of.

    Raises:
        InvalidInputError: it isn't a request.
        MachineError: it can't be read.
    """
    try:
        asked = canonical.loads(read_text(file).encode())
        if asked["format"] != requests.FORMAT:
            raise ValueError(asked["format"])
        return Beginning(str(asked["audit"]), str(asked["nonce"]), str(asked["began"]))
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError("audit-collect.not-a-request", file=str(file), detail=str(error)) from error
