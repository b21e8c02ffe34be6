"""Measurements on their way into a bundle: those that vantage points signed and sent, those from this machine."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from provisioner.audit.bundle import canonical, layout
from provisioner.audit.location import prober, requests
from provisioner.audit.location.prober import Vantage
from provisioner.audit.observing import requested
from provisioner.audit.observing.beginning import Beginning
from provisioner.errors import InvalidInputError, MachineError, NuageError, Problem
from provisioner.spec.consortium import Consortium

_SMALLEST, _LARGEST = 2, 64 * 1024 * 1024


def read(files: Iterable[Path], begun: Beginning, servers: Collection[str]) -> dict[str, bytes]:
    """Documents, which bear their own signatures, by path in the bundle. Whether they prove anything is judged later.

    Raises:
        InvalidInputError: a file isn't a measurement of this audit and of one of ``servers``; all of them are named.
        MachineError: a file can't be read.
    """
    found: dict[str, bytes] = {}
    problems: list[Problem] = []
    for file in files:
        data = _read(file)
        try:
            document = canonical.loads(data)
            path = _place(document, begun, servers)
        except (ValueError, KeyError, TypeError) as error:
            problems.append(
                Problem("audit-collect.not-a-measurement", str(file), context={"detail": str(error)})
            )
            continue
        found[path] = canonical.dumps(document)
    if problems:
        raise InvalidInputError.of(problems)
    return found


def probe(
    begun: Beginning, consortium: Consortium, servers: Mapping[str, Collection[str]], point: Vantage
) -> tuple[dict[str, bytes], list[Problem]]:
    """Measurements from this very machine, a vantage point itself; why some could not be made.

    ``servers``: those to measure, each with the codes of the municipalities whose data it is asked about.
    """
    request = canonical.dumps(requested.document(begun, consortium))
    found: dict[str, bytes] = {}
    problems: list[Problem] = []
    for server, codes in sorted(servers.items()):
        target = requests.target(request, server)
        try:
            found[layout.measurement(server, point.id)] = canonical.dumps(prober.measure(target, point))
        except NuageError as error:
            problems += error.problems
            continue
        for code in sorted(codes):
            try:
                document = prober.possess(target, point, code)
                found[layout.possession(server, code)] = canonical.dumps(document)
            except NuageError as error:
                problems += error.problems
    return found, problems


def _place(document: dict[str, Any], begun: Beginning, servers: Collection[str]) -> str:
    if (document["audit"], document["nonce"]) != (begun.id, begun.nonce):
        raise ValueError(f"audit {document['audit']}")
    if document["server"] not in servers:
        raise ValueError(f"server {document['server']}")
    if "municipality" in document:
        path = layout.possession(document["server"], str(document["municipality"]))
    else:
        path = layout.measurement(document["server"], str(document["vantage_point"]))
    if not layout.is_raw(path):
        raise ValueError(path)
    return path


def _read(file: Path) -> bytes:
    try:
        if not _SMALLEST <= file.stat().st_size <= _LARGEST:
            raise InvalidInputError("audit-collect.not-a-measurement", file=str(file), detail="size")
        return file.read_bytes()
    except OSError as error:
        detail = os.strerror(error.errno or 0)
        raise MachineError("files.cannot-read", file=str(file), detail=detail) from error
