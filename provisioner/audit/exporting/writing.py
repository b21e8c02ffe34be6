"""A dossier in one of the formats, and onto the disk."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from provisioner.audit.exporting import report
from provisioner.audit.exporting.dossier import Dossier
from provisioner.audit.exporting.oscal import oscal
from provisioner.audit.exporting.pdf import pdf
from provisioner.audit.exporting.sheet import sheet
from provisioner.audit.exporting.words import Words
from provisioner.errors import UsageError
from provisioner.files import write_atomic


def files(
    dossier: Dossier, kind: str, language: str, previous: Dossier | None = None, only: Collection[str] = ()
) -> Mapping[str, bytes]:
    """Contents by file name; one without a name is the whole of it.

    Raises:
        InvalidInputError: ``previous`` isn't the audit before this one, or a code isn't in it.
        MachineError: a PDF was asked for and Chromium or Playwright isn't installed.
    """
    words = Words(language)
    if kind == "csv":
        return {"": sheet(dossier, words)}
    if kind == "oscal":
        return {"": oscal(dossier, words)}
    if kind == "cyclonedx":
        from provisioner.audit.exporting.cyclonedx import boms

        return boms(dossier)
    page = report.html(dossier, language, previous, only)
    return {"": pdf(page) if kind == "pdf" else page.encode()}


def write(contents: Mapping[str, bytes], output: Path) -> list[Path]:
    """Write them, or print the only one where ``output`` is `-`; the paths that were written.

    Raises:
        UsageError: several files for one name.
        MachineError: the disk refuses.
    """
    if str(output) == "-" and set(contents) == {""}:
        sys.stdout.buffer.write(contents[""])
        return []
    if set(contents) != {""} and (str(output) == "-" or output.is_file()):
        raise UsageError("audit-report.needs-folder", subject="--output", value=str(output))
    for name, content in contents.items():
        write_atomic(output / name if name else output, content)
    return [output / name if name else output for name in contents]
