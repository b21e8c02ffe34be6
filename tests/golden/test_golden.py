from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.planning import lock as locks
from tests.golden.cases import CASES, HERE, expected, produced

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("case", CASES)
def test_bytes_are_the_reviewed_ones(case: str) -> None:
    assert produced(case) == expected(case)


def test_second_case_starts_from_the_first_ones_lock() -> None:
    assert (HERE / "second" / locks.NAME).read_text("utf-8") == expected("first")[locks.NAME]


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_hash_randomisation_changes_nothing(seed: str) -> None:
    script = "import sys; from tests.golden.cases import *; sys.exit(produced('first') != expected('first'))"
    environ = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environ, check=False).returncode == 0
