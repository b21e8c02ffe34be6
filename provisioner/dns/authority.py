"""What a certificate authority calls itself in CAA records; its ACME directory says so (RFC 8555, 7.1.1)."""

from __future__ import annotations

from pathlib import Path

import requests

from provisioner.spec.consortium import Acme

WAIT_S = 5


def identities(acme: Acme, folder: Path) -> tuple[str, ...]:
    """The authority's names for CAA; empty when it names none, or doesn't answer: CAA isn't judged then."""
    trusted = str(folder / acme.authority_file) if acme.authority_file else True
    try:
        answer = requests.get(acme.directory, timeout=WAIT_S, verify=trusted)
        named = answer.json().get("meta", {}).get("caaIdentities", [])
    except (requests.RequestException, OSError, ValueError, AttributeError):
        return ()
    return tuple(str(name).lower() for name in named) if isinstance(named, list) else ()
