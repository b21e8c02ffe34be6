"""From a folder of observations, specs and findings to a bundle: statements, signatures, its place in the log."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioner.audit.bundle import archive, canonical, integrity, layout, proofs, reading, sshsig, statement
from provisioner.audit.bundle.log import AuditLog
from provisioner.audit.bundle.reading import Bundle
from provisioner.audit.bundle.verifying import Expected, Judge, Report, verify
from provisioner.errors import InvalidInputError, MachineError, Problem, RefusedError
from provisioner.files import locked, write_atomic

Stamp = Callable[[bytes], bytes]
"""Asks a time-stamp authority for a token (RFC 3161) over these bytes."""


@dataclass(frozen=True)
class Sealer:
    """Who seals, and how what was sealed is judged anew before it counts."""

    key: Ed25519PrivateKey
    log: Path
    """The folder of the consortium's log; made when there is none."""
    judge: Judge
    companions: Mapping[str, bytes]
    """`verify.py` and `README.txt`."""
    stamp: Stamp | None = None

    def seal(self, folder: Path, output: Path) -> Report:
        """Seal ``folder`` as ``output``: a tar where its name ends in `.tar`, else a folder. Nothing is half-written.

        Raises:
            InvalidInputError: a file doesn't belong, isn't canonical or is missing, or the result isn't valid.
            RefusedError: ``output`` exists, or the audit doesn't follow the newest one in the log.
        """
        if output.exists():
            raise RefusedError("audit-seal.output-exists", file=str(output))
        files = {**_raw(folder), **self.companions}
        with locked(self.log):
            log = AuditLog(self.log)
            audit = _audit(files)
            files |= self._statement("observations", audit, files)
            files |= self._statement("findings", audit, files)
            signed = (files[layout.statement(name)] for name in ("observations", "findings"))
            leaf = proofs.leaf(audit["id"], *signed)
            entry = log.entry(leaf, audit["id"], audit["previous"], str(audit["consortium"]), self.key)
            files |= entry.files
            if self.stamp is not None:
                files[layout.TIMESTAMP] = self.stamp(files[layout.CHECKPOINT])
            files |= self._statement("seal", audit, files)
            report = self._valid(files, output)
            write(files, output, commit=lambda: log.append(entry))
        return report

    def _statement(self, name: str, audit: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, bytes]:
        """A statement's three files."""
        covered = {path: data for path, data in files.items() if layout.statement_of(path) == name}
        payload = statement.build(name, audit, covered)
        raw = self.key.sign(statement.to_sign(payload))
        return {
            layout.statement(name): payload,
            layout.signature(name): sshsig.sign(self.key, payload, integrity.NAMESPACE),
            layout.envelope(name): statement.envelope(payload, self.key.public_key().public_bytes_raw(), raw),
        }

    def _valid(self, files: Mapping[str, bytes], output: Path) -> Report:
        """What an auditor will find; nothing is published that they would refuse."""
        expected = Expected(frozenset({self.key.public_key().public_bytes_raw()}))
        report = verify(Bundle(dict(sorted(files.items()))), (), expected, self.judge)
        if report.faults:
            problems = [
                Problem(
                    "audit-seal.not-valid",
                    file=str(output),
                    subject=fault.path,
                    context={"fault": fault.key, "expected": fault.expected, "got": fault.found},
                )
                for fault in report.faults
            ]
            raise InvalidInputError.of(problems)
        return report


def write(files: Mapping[str, bytes], output: Path, commit: Callable[[], None] = lambda: None) -> None:
    """Write a bundle beside where it goes, call ``commit``, and put it in place.

    Raises:
        MachineError: it can't be written.
    """
    if output.suffix == ".tar":
        data = b"".join(archive.written(files))
        commit()
        write_atomic(output, data)
        return
    temporary = ""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.mkdtemp(dir=output.parent, prefix=f".{output.name}.")
        for path, data in files.items():
            target = Path(temporary, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        Path(temporary).chmod(0o755)
        os.sync()
        commit()
        Path(temporary).rename(output)
    except OSError as error:
        raise MachineError(
            "files.cannot-write", file=str(output), detail=os.strerror(error.errno or 0)
        ) from error
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)


def _raw(folder: Path) -> dict[str, bytes]:
    """What is to be sealed: observations, specs and findings, nothing else."""
    try:
        bundle, faults = reading.read(folder)
    except OSError as error:
        raise MachineError(
            "files.cannot-read", file=str(folder), detail=os.strerror(error.errno or 0)
        ) from error
    stray = [fault.path for fault in faults]
    stray += [path for path in bundle if layout.statement_of(path) not in ("observations", "findings")]
    problems = [Problem("audit-seal.stray", file=str(folder / path)) for path in stray]
    problems += [
        Problem("audit-seal.not-canonical", file=str(folder / path))
        for path in bundle
        if path.endswith(".json") and not canonical.is_canonical(bundle[path])
    ]
    needed = (layout.AUDIT, layout.CONSORTIUM, layout.FINDINGS)
    problems += [
        Problem("audit-seal.missing", file=str(folder / path)) for path in needed if path not in bundle
    ]
    if problems:
        raise InvalidInputError.of(problems)
    return dict(bundle)


def _audit(files: Mapping[str, bytes]) -> dict[str, Any]:
    audit = canonical.loads(files[layout.AUDIT])
    if not isinstance(audit, dict) or not {"id", "nonce", "previous", "consortium"} <= audit.keys():
        raise InvalidInputError("audit-seal.not-an-audit", file=layout.AUDIT)
    return audit
