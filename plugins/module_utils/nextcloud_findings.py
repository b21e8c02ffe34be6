# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Nextcloud's own checks find, and which of them a clone needs no more."""

from __future__ import annotations

import re

SEVERE = ("error", "warning")
OF_A_CLONE = (
    r"OCA\Settings\SetupChecks\DatabaseHasMissingColumns",
    r"OCA\Settings\SetupChecks\DatabaseHasMissingIndices",
    r"OCA\Settings\SetupChecks\DatabaseHasMissingPrimaryKeys",
    r"OCA\Settings\SetupChecks\DatabasePendingBigIntConversions",
)
"""Of the structure of the database alone: what the golden one has, its clone has as well."""


def judged(results, excuses):
    """Findings that count, and names of those that are excused."""
    findings, excused = [], []
    for name, result in results.items():
        if result["severity"] not in SEVERE:
            continue
        if name in excuses:
            excused.append(name)
            continue
        # The municipality's own words, on their way to somebody's terminal.
        told = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", str(result["description"]))[:500]
        findings.append(f"{name} ({result['severity']}): {told}")
    return sorted(findings), sorted(excused)
