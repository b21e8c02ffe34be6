"""`nuage artifacts` as a person or a program meets it: output, language, exit code."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from provisioner.artifacts import lockfile
from tests.unit.cli.test_plan_build_secrets import folder, nuage  # noqa: F401  a fixture

LANGUAGES = ("fr", "en")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "nextcloud-34.0.7.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo("nextcloud/version.php")
        info.size = 6
        tar.addfile(info, io.BytesIO(b"<?php\n"))
    return path


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # `environment` of the helper drops the lab's own variables, so the cache goes by the person's home.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "nuage-commun" / "artifacts"


@pytest.fixture(autouse=True)
def no_pins_of_its_own(folder: Path) -> None:  # noqa: F811
    (folder / lockfile.NAME).unlink()


def test_a_consortium_pins_its_own_archive(folder: Path, archive: Path) -> None:  # noqa: F811
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    done = nuage("--lang", "en", "artifacts", "add", "-C", folder, archive)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"nextcloud 34.0.7 is pinned as this consortium's own archive (SHA-256 {sha256})" in done.stdout
    [pin] = lockfile.read(folder / lockfile.NAME)
    assert (pin.sha256, pin.size, pin.provenance) == (sha256, archive.stat().st_size, "consortium")
    assert pin.licence == "AGPL-3.0-or-later"
    told = json.loads(nuage("artifacts", "list", "--json", "-C", folder).stdout)
    states = {entry["name"]: entry["state"] for entry in told["artifacts"]}
    assert (states["nextcloud"], states["keycloak"], states["openid-connect-generic"]) == (
        "own",
        "absent",
        "unpinned",
    )
    assert nuage("artifacts", "fetch", "nextcloud", "-C", folder).returncode == 0
    assert "oui, archive du consortium" in nuage("--lang", "fr", "artifacts", "list", "-C", folder).stdout


def test_without_a_consortium_it_goes_to_the_cache_alone(
    archive: Path, tmp_path: Path, own_cache: Path
) -> None:
    refused = nuage("--lang", "en", "artifacts", "add", "-C", tmp_path, archive)
    assert (refused.returncode, "--cache-only" in refused.stderr) == (3, True)
    assert not own_cache.exists()
    assert nuage("artifacts", "add", "-C", tmp_path, "--cache-only", archive).returncode == 0
    assert not (tmp_path / lockfile.NAME).exists()
    listed = nuage("--lang", "en", "artifacts", "list", "-C", tmp_path).stdout
    assert "no; the cache has another, 34.0.7" in listed


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cant_be_added_is_told(folder: Path, archive: Path, tmp_path: Path, language: str) -> None:  # noqa: F811
    text = tmp_path / "keycloak-1.zip"
    text.write_text("no archive")
    other = archive.rename(tmp_path / "nextclod-34.0.7.tar.gz")
    for arguments, expected in (
        ((text,), "zip, tar.gz"),
        ((tmp_path / "none.zip",), "none.zip"),
        ((other,), "--name"),
        ((other, "--name", "nextcloud", "--version", "../x"), "--version"),
    ):
        done = nuage("--lang", language, "artifacts", "add", "-C", folder, *arguments)
        assert (done.returncode, done.stdout) == (3, "")
        assert expected in done.stderr
    assert not (folder / lockfile.NAME).exists()
    done = nuage("artifacts", "add", "-C", folder, other, "--name", "nextcloud")
    assert done.returncode == 0


def test_verify_finds_a_damaged_archive_and_removes_it(folder: Path, archive: Path, own_cache: Path) -> None:  # noqa: F811
    nuage("artifacts", "add", "-C", folder, archive)
    assert nuage("artifacts", "verify", "-C", folder).returncode == 0
    [file] = (own_cache / "sha256").iterdir()
    content = bytearray(file.read_bytes())
    content[10] ^= 1
    file.write_bytes(content)
    done = nuage("--lang", "en", "artifacts", "verify", "-C", folder)
    assert done.returncode == 9
    assert file.name in done.stderr
    assert hashlib.sha256(content).hexdigest() in done.stderr
    assert list((own_cache / "sha256").iterdir()) == []


@pytest.mark.parametrize(("language", "words"), [("fr", "aucun SHA-256"), ("en", "no SHA-256 is known")])
def test_fetch_says_why_it_wont(language: str, words: str, tmp_path: Path) -> None:
    done = nuage("--lang", language, "artifacts", "fetch", "openid-connect-generic", "-C", tmp_path)
    assert done.returncode == 4
    assert words in done.stderr
    unknown = nuage("--lang", language, "artifacts", "fetch", "keyclok", "-C", tmp_path)
    assert (unknown.returncode, "keycloak" in unknown.stderr) == (3, True)
