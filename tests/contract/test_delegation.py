"""Tasks that another host does: Ansible renders whose turn it is before it knows that a task is skipped."""

from __future__ import annotations

import re
from pathlib import Path

ROLES = Path(__file__).parents[2] / "roles"
DELEGATED = re.compile(r'^\s+delegate_to:\s*"?(.*?)"?$', re.MULTILINE)


def test_a_host_that_a_variable_names_has_a_default() -> None:
    found = [
        (path.parent.parent.name, target)
        for path in ROLES.glob("*/tasks/*.yml")
        for target in DELEGATED.findall(path.read_text(encoding="utf-8"))
    ]
    assert found, "a role delegates"
    assert [each for each in found if "{{" in each[1] and "default(" not in each[1]] == []
