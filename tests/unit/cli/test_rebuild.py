"""`nuage rebuild` and `nuage restore --to` before any server is asked: refusals, language, exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.unit.cli.test_plan_build_secrets import LANGUAGES, built, folder, nuage

assert built
assert folder


def lose(folder: Path, name: str) -> None:
    path = folder / "consortium.yml"
    spec = yaml.safe_load(path.read_text("utf-8"))
    spec["servers"] = [each | {"lost": each["id"] == name} for each in spec["servers"]]
    path.write_text(yaml.safe_dump(spec, allow_unicode=True, sort_keys=False), "utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_a_server_that_is_said_to_be_lost(built: Path, language: str) -> None:
    before = (built / "placement.lock.yml").read_bytes()
    done = nuage("--lang", language, "rebuild", "srv-1", "--consent-rebuild", "srv-1", "-C", built)
    assert done.returncode == 4, done.stderr
    assert "lost: true" in done.stderr
    assert nuage("--lang", language, "rebuild", "srv-9", "-C", built).returncode == 3
    words = ("restore", "les-iles", "--to", "srv-2", "--only", "identity")
    assert nuage("--lang", language, *words, "-C", built).returncode == 0, "its accounts are there"
    words = ("restore", "abercorn", "--to", "srv-2", "--consent-restore", "46005")
    assert nuage("--lang", language, *words, "-C", built).returncode == 4
    assert (built / "placement.lock.yml").read_bytes() == before


def test_who_waits_is_told_and_nobody_is_moved(built: Path) -> None:
    before = (built / "placement.lock.yml").read_text("utf-8")
    lose(built, "srv-1")
    done = nuage("--lang", "en", "plan", "-C", built)
    assert done.returncode == 0, done.stderr
    assert "nuage rebuild srv-1" in done.stdout
    assert nuage("build", "-C", built, NUAGE_VAULT_PASSWORD="x").returncode == 0
    assert (built / "placement.lock.yml").read_text("utf-8").splitlines()[3:] == before.splitlines()[3:]
    hosts = (built / "build" / "hosts.json").read_text("utf-8")
    assert '"srv-1": {' not in hosts
    said = nuage("--lang", "en", "restore", "abercorn", "--consent-restore", "46005", "-C", built)
    assert said.returncode == 4
    assert "--to" in said.stderr


def test_parts_go_to_no_other_server(built: Path) -> None:
    for words in (("--only", "files"), ("--path", "wordpress/x")):
        done = nuage("restore", "abercorn", "--to", "srv-2", *words, "-C", built)
        assert done.returncode == 2, done.stderr


def test_without_a_copy_nobody_moves(built: Path, tmp_path: Path) -> None:
    """Nobody has copies here, as there is no keeper: said for each, and nothing moves."""
    lose(built, "srv-1")
    before = (built / "placement.lock.yml").read_bytes()
    words = ("rebuild", "srv-1", "--dry-run", "-C", built)
    done = nuage("--lang", "en", *words, NUAGE_VAULT_PASSWORD="x", PATH=str(tmp_path))
    assert done.returncode == 8, done.stderr
    assert "There is no copy of" in done.stderr
    assert (built / "placement.lock.yml").read_bytes() == before
