"""`nuage audit`: evidence of where a municipality's data is and who can reach it. `audit_X.py` is `nuage audit X`."""

from __future__ import annotations

from pathlib import Path

from provisioner import messages
from provisioner.cli.lazy import LazyGroup

command = LazyGroup(
    name="audit",
    help=messages.text("audit.help"),
    modules={
        path.stem.removeprefix("audit_"): path.stem for path in Path(__file__).parent.glob("audit_*.py")
    },
)
