"""The end of a collection, as text and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from provisioner import messages
from provisioner.audit.observing.collecting import Collected
from provisioner.errors import PartialFailureError, UnreachableError

VERDICTS = ("satisfied", "not-satisfied", "inconclusive", "not-checked")


def _counts(found: Collected) -> dict[str, int]:
    counted = Counter(finding["verdict"] for finding in found.findings)
    return {verdict: counted[verdict] for verdict in VERDICTS}


def _municipalities(found: Collected) -> int:
    return len({one["subject"]["id"] for one in found.findings if one["subject"]["kind"] == "municipality"})


def text(found: Collected, output: Path) -> str:
    """Where the bundle is, and how many verdicts of each kind it has."""
    lines = [
        messages.text(
            "audit-collect.sealed",
            municipalities=_municipalities(found),
            servers=len(found.servers),
            path=output,
        ),
        messages.text("audit-collect.verdicts", **_counts(found)),
        messages.text("audit-collect.next", path=output),
    ]
    return "\n".join(lines)


def as_json(found: Collected, output: Path) -> str:
    """Keys for programs."""
    value = {
        "bundle": str(output),
        "files": len(found.files),
        "bytes": sum(map(len, found.files.values())),
        "servers": list(found.servers),
        "silent": list(found.silent),
        "verdicts": _counts(found),
        "problems": [{"key": one.key, "subject": one.subject} for one in found.problems],
    }
    return json.dumps(value, indent=2, sort_keys=True)


def judge(found: Collected) -> None:
    """Nothing when all that was to be collected is.

    Raises:
        UnreachableError: no server answered.
        PartialFailureError: something could not be collected; each with its reason.
    """
    if found.servers and found.silent == found.servers:
        raise UnreachableError.of(found.problems)
    if found.problems:
        raise PartialFailureError.of(found.problems)
