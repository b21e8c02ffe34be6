"""What is kept between labs: whole packages only, and a base named by its recipe."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from provisioner.lab import base, packages
from provisioner.lab.state import Paths


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUAGE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NUAGE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(packages, "ACCOUNT", pwd.getpwuid(os.getuid()).pw_name)
    return tmp_path / "cache" / "lab"


def fetched(folder: Path, name: str, size: int, announced: int) -> Path:
    package = folder / "debian/pool/main/x" / name
    package.parent.mkdir(parents=True, exist_ok=True)
    package.write_bytes(b"x" * size)
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {announced}\r\n\r\n"
    package.with_name(f"{name}.head").write_text(head, encoding="ascii")
    return package


def test_a_package_fetched_by_one_lab_is_there_for_the_next(cache: Path) -> None:
    first, second = Paths("first"), Paths("second")
    package = fetched(packages.fill(first), "x_1_all.deb", 10, 10)
    relative = package.relative_to(packages.private(first))
    packages.keep(first)
    assert not packages.private(first).exists()
    twin = packages.fill(second) / relative
    assert twin.read_bytes() == b"x" * 10
    assert twin.stat().st_ino == (packages.store() / relative).stat().st_ino
    assert twin.with_name("x_1_all.deb.head").is_file()


@pytest.mark.parametrize("announced", [11, 9])
def test_a_package_that_is_not_whole_is_not_kept(cache: Path, announced: int) -> None:
    lab = Paths("lab")
    fetched(packages.fill(lab), "x_1_all.deb", 10, announced)
    packages.keep(lab)
    assert not list(packages.store().rglob("*.deb"))


def test_indexes_are_not_kept_since_they_change_under_their_name(cache: Path) -> None:
    lab = Paths("lab")
    fetched(packages.fill(lab), "InRelease", 10, 10)
    packages.keep(lab)
    assert not [path for path in packages.store().rglob("*") if path.is_file()]


def test_the_base_is_named_by_its_recipe(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = base.path()
    assert before.parent == cache
    monkeypatch.setattr(base, "RECIPE", {**base.RECIPE, "packages": (*base.PACKAGES, "nano")})
    assert base.path() != before
