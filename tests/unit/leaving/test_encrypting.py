"""An encrypted export: the municipality's key opens it, no other does, and nothing plain is left."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from provisioner.audit.bundle import keys
from provisioner.errors import MachineError
from provisioner.leaving import encrypting


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "abercorn"
    (made / "files").mkdir(parents=True)
    (made / "files" / "é.txt").write_text("bonjour\n", encoding="utf-8")
    (made / "SHA256SUMS").write_text("x\n", encoding="ascii")
    return made


def test_its_own_key_opens_it(tmp_path: Path, folder: Path) -> None:
    if shutil.which("age") is None:
        pytest.skip("SKIPPED, NOT TESTED: this machine has no age")
    line = keys.generate(tmp_path / "key")
    keys.generate(tmp_path / "other")
    target = encrypting.seal(folder, line)
    assert not folder.exists()
    assert target.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    command = ["age", "--decrypt", "--identity"]
    wrong = subprocess.run([*command, tmp_path / "other", target], capture_output=True, check=False)
    assert wrong.returncode != 0
    plain = subprocess.run([*command, tmp_path / "key", target], capture_output=True, check=True).stdout
    done = subprocess.run(["tar", "--extract"], input=plain, cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert (folder / "files" / "é.txt").read_text(encoding="utf-8") == "bonjour\n"


def test_without_the_program_nothing_is_taken_away(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineError) as caught:
        encrypting.seal(folder, "ssh-ed25519 x")
    assert caught.value.problems[0].key == "export.no-age"
    assert encrypting.is_complete(folder)


def test_a_key_that_age_refuses_leaves_the_folder(folder: Path) -> None:
    if shutil.which("age") is None:
        pytest.skip("SKIPPED, NOT TESTED: this machine has no age")
    with pytest.raises(MachineError) as caught:
        encrypting.seal(folder, "ssh-ed25519 AAAA")
    assert caught.value.problems[0].key == "export.not-encrypted"
    assert encrypting.is_complete(folder)
    assert not encrypting.sealed(folder).exists()
