"""Atomic writes and the folder's lock, on disks that fill up and under locks that others hold."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner import files, messages
from provisioner.errors import LockedError, MachineError

HOLD = """
import fcntl, sys
stream = open(sys.argv[1], "a")
fcntl.flock(stream, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def told(error: MachineError | LockedError) -> str:
    """What a person reads."""
    (problem,) = error.problems
    context = {"file": problem.file, **problem.context}
    return "\n".join(messages.text(key, **context) for key in (problem.key, f"{problem.key}.fix"))


def test_write_and_replace(tmp_path):
    path = tmp_path / "sous" / "dossier" / "f.yml"
    files.write_atomic(path, "é\n", mode=0o600)
    files.write_atomic(path, b"ab", mode=0o640)
    assert path.read_bytes() == b"ab"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in path.parent.iterdir()] == ["f.yml"]


@pytest.mark.parametrize("step", ["fsync", "fchmod"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step, code, language):
    path = tmp_path / "f.yml"
    files.write_atomic(path, "avant")

    def fail(*_arguments: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(MachineError) as caught:
        files.write_atomic(path, "après")
    assert caught.value.exit_code == 5
    assert os.strerror(code) in told(caught.value)
    assert {entry.name: entry.read_text() for entry in tmp_path.iterdir()} == {"f.yml": "avant"}


@pytest.mark.lab
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small file system: NOT TESTED")
def test_a_disk_that_is_really_full(tmp_path):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "nuage-test", str(tmp_path)], check=True)
    try:
        files.write_atomic(tmp_path / "f.yml", "avant")
        with pytest.raises(MachineError):
            files.write_atomic(tmp_path / "f.yml", "x" * 200_000)
        assert {entry.name: entry.read_text() for entry in tmp_path.iterdir()} == {"f.yml": "avant"}
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_folder_that_cannot_be_written(tmp_path, language):
    (tmp_path / "fichier").write_text("")
    with pytest.raises(MachineError) as caught:
        files.write_atomic(tmp_path / "fichier" / "f.yml", "x")
    assert told(caught.value)


def test_what_has_not_changed_is_not_written(tmp_path):
    path = tmp_path / "f"
    assert files.write_if_changed(path, "a") is True
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert files.write_if_changed(path, "a") is False
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert files.write_if_changed(path, "b") is True


@pytest.mark.parametrize("content", [None, b"\xe9t\xe9"])
def test_a_text_that_cannot_be_read(tmp_path, content, language):
    path = tmp_path / "f"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MachineError) as caught:
        files.read_text(path)
    assert told(caught.value)


def test_a_lock_held_by_another_process(tmp_path, language):
    lock = tmp_path / ".nuage.lock"
    lock.write_text("4242")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockedError) as caught, files.locked(tmp_path):
            pytest.fail("the lock was taken twice")
        assert caught.value.exit_code == 7
        assert "4242" in told(caught.value)
        holder.stdin.close()
    with files.locked(tmp_path):
        assert lock.read_text() == str(os.getpid())


def test_the_lock_is_free_after_a_failure(tmp_path):
    with pytest.raises(RuntimeError), files.locked(tmp_path):
        raise RuntimeError
    with files.locked(tmp_path):
        assert Path(tmp_path / ".nuage.lock").is_file()
