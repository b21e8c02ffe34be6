# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the applications of municipalities have in common for an audit: kinds of settings, and how databases are asked.

Files and databases are read directly: one PHP for each municipality would take a second each. Databases are asked
as the municipality's own account, because what it put into them must not run as anybody else.
"""

from __future__ import annotations

import re

from ansible_collections.nuage_commun.platform.plugins.module_utils import audit_shapes as shapes
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError, run

LINK, TEXT = "link", "text"
SPACED = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.,\\ -]{0,60}\Z")


def taken(value, kind):
    """A setting as it is taken down; None where there is none."""
    if value is None:
        return None
    if kind is bool:
        return shapes.flag(value)
    if kind is int:
        return shapes.number(value)
    if kind is list:
        entries = value.values() if isinstance(value, dict) else str(value).split(",")
        return [shapes.place(str(each).strip(), "")["host"] for each in entries if str(each).strip()]
    if kind is LINK:
        return shapes.place(value, "")["host"] if str(value).strip() else ""
    return shapes.shaped(str(value), SPACED) or ""


def as_tenant(code, command, statements):
    """Rows of a municipality's own database, asked by its own account; None where it doesn't answer."""
    try:
        text = run(
            command,
            stdin=statements,
            user=f"t{code}",
            timeout=30,
            environment={
                "PGHOST": "/run/postgresql",
                "PGUSER": f"t{code}",
                "PGOPTIONS": "-c statement_timeout=10s",
            },
        )
    except (ProgramError, KeyError, PermissionError, LookupError):
        return None
    return [line.split("\t") for line in text.splitlines()]
