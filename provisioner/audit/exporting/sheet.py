"""The findings as a table that LibreOffice and Excel open as it is."""

from __future__ import annotations

import csv
import io
import json

from provisioner.audit.controls.catalogue import BY_ID
from provisioner.audit.exporting.dossier import Dossier
from provisioner.audit.exporting.words import Words

COLUMNS = (
    "control",
    "title",
    "theme",
    "severity",
    "kind",
    "subject",
    "name",
    "verdict",
    "reason",
    "observed",
    "expected",
    "evidence",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def sheet(dossier: Dossier, words: Words) -> bytes:
    """UTF-8 with a byte-order mark, and the separator that the language's Excel expects."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";" if words.language == "fr" else ",", lineterminator="\r\n")
    writer.writerow([words(f"audit-report.column-{name}") for name in COLUMNS])
    for one in dossier.findings:
        control = BY_ID.get(one.control)
        cells = (
            one.control,
            words.control(one.control),
            words(f"audit-report.question-{control.theme}") if control else "",
            words(f"audit-controls.severity-{control.severity}") if control else "",
            words(f"audit-controls.kind-{one.subject.kind}"),
            one.subject.id,
            dossier.name(one.subject),
            words(f"audit-report.verdict-{one.verdict}"),
            words.reason(one),
            _json(one.observed),
            _json(one.expected),
            " ".join(one.evidence),
        )
        writer.writerow([harmless(cell) for cell in cells])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
