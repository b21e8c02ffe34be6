"""What judges an audit runs alone: the standard library, cryptography, and each other."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import provisioner
from provisioner.audit import standalone

ROOMS = tuple(f"provisioner.audit.{room}." for room in ("bundle", "controls", "location"))
ALLOWED = {*sys.stdlib_module_names, "cryptography"}
REACHING = {
    "socket",
    "ssl",
    "http",
    "urllib",
    "subprocess",
    "ftplib",
    "smtplib",
    "asyncio",
    "ctypes",
    "tomllib",
}
PURE = standalone.pure()


def imports(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative"
            names.add(str(node.module))
    return names


def test_there_are_pure_modules():
    assert {"provisioner.audit.bundle.merkle", "provisioner.audit.bundle.verifying"} <= PURE.keys()


@pytest.mark.parametrize("name", sorted(PURE))
def test_it_imports_nothing_else(name):
    assert name.startswith(ROOMS)
    foreign = {one for one in imports(PURE[name]) if one.split(".")[0] not in ALLOWED | {"provisioner"}}
    assert foreign == set()
    assert not imports(PURE[name]) & REACHING
    own = {one for one in imports(PURE[name]) if one.startswith("provisioner")}
    assert all(f"{one}.".startswith(ROOMS) for one in own)


@pytest.mark.parametrize("name", sorted(PURE))
def test_it_can_be_quoted(name):
    assert "'''" not in PURE[name]


def test_packages_hold_nothing():
    package = Path(provisioner.__file__).parent / "audit"
    for path in (package, package / "bundle", package / "controls", package / "location"):
        if (path / "__init__.py").is_file():
            (only,) = ast.parse((path / "__init__.py").read_text()).body
            assert isinstance(only, ast.Expr)
