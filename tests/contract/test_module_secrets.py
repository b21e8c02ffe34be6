"""Modules that are given files, which may hold secrets of several lines, log no arguments on the server."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

MODULES = Path(__file__).parents[2] / "plugins" / "modules"
FILES = sorted(path for path in MODULES.glob("*.py") if "files.ensure(" in path.read_text(encoding="utf-8"))


def test_there_are_some() -> None:
    assert len(FILES) >= 5


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_arguments_are_not_logged(path: Path) -> None:
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "AnsibleModule"
    ]
    words = {
        word.arg: ast.literal_eval(word.value)
        for call in calls
        for word in call.keywords
        if word.arg == "no_log"
    }
    assert words == {"no_log": True}
