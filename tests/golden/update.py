"""`python -m tests.golden.update` rewrites the expected files of every case."""

from __future__ import annotations

import shutil

from provisioner.planning import lock as locks
from tests.golden.cases import CASES, HERE, produced

for case in CASES:
    if case == "second":
        shutil.copy(HERE / "first" / "expected" / locks.NAME, HERE / "second" / locks.NAME)
    root = HERE / case / "expected"
    shutil.rmtree(root, ignore_errors=True)
    for name, text in produced(case).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
