"""What a cross-check found, before anybody knows the line it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from provisioner.spec.document import Path

CONSORTIUM = ""
"""The place of findings about `consortium.yml`; those about a tenant carry its slug."""


@dataclass(frozen=True)
class Finding:
    """A problem at a field of the consortium, or of the tenant whose slug is ``where``."""

    key: str
    where: str
    path: Path
    context: Mapping[str, object] = field(default_factory=dict)
