"""Pidfiles name one process for ever, though the kernel uses its number again."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from provisioner.errors import MachineError
from provisioner.lab import processes, programs


def test_a_process_is_started_found_and_stopped(tmp_path: Path) -> None:
    pidfile = tmp_path / "pid"
    pid = processes.start(["sleep", "60"], pidfile, tmp_path / "log")
    assert processes.alive(pidfile) == pid
    processes.stop(pidfile)
    assert processes.alive(pidfile) is None
    assert not pidfile.exists()


def test_a_process_that_ignores_the_first_signal_gets_the_second(tmp_path: Path) -> None:
    pidfile = tmp_path / "pid"
    script = (
        "import signal,time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    )
    processes.start(["python3", "-c", script], pidfile, tmp_path / "log")
    while "ready" not in (tmp_path / "log").read_text(encoding="ascii"):
        time.sleep(0.01)
    processes.stop(pidfile, patience=0.1)
    assert processes.alive(pidfile) is None


def test_a_stranger_with_the_same_number_is_left_alone(tmp_path: Path) -> None:
    ours, stale = tmp_path / "ours", tmp_path / "stale"
    pid = processes.start(["sleep", "60"], ours, tmp_path / "log")
    stale.write_text(f"{pid} 1\n", encoding="ascii")
    processes.stop(stale)
    assert processes.alive(ours) == pid
    processes.stop(ours)


@pytest.mark.parametrize("content", ["", "x y\n", "12\n"])
def test_a_broken_pidfile_names_nobody(tmp_path: Path, content: str) -> None:
    pidfile = tmp_path / "pid"
    pidfile.write_text(content, encoding="ascii")
    assert processes.alive(pidfile) is None


def test_a_service_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    pidfile, log = tmp_path / "pid", tmp_path / "log"
    processes.start(["ls", "/nowhere"], pidfile, log)
    with pytest.raises(MachineError) as caught:
        processes.wait_listening("x", "127.0.0.1", 1, pidfile, log)
    assert "/nowhere" in str(caught.value.problems[0].context["detail"])


def test_failures_of_programs_carry_their_words() -> None:
    with pytest.raises(MachineError) as caught:
        programs.run(["ls", "/nowhere"])
    assert "/nowhere" in str(caught.value.problems[0].context["detail"])
    with pytest.raises(MachineError) as caught:
        programs.run(["no-such-program-here"])
    assert caught.value.problems[0].key == "lab.no-program"


def test_programs_get_nothing_of_the_callers_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD", "secret")
    assert "ANSIBLE_VAULT_PASSWORD" not in programs.run(["env"])
