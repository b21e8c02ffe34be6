"""When the counts of quotas are made anew; `btrfs` is played by a script of this test."""

import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "roles/server_storage/files/usr/local/lib/nuage/quotas.py"


def asked(folder: Path, warning: str, code: int = 0) -> tuple[int, str, list[str]]:
    """Its exit code, what it said, and what it asked of `btrfs`."""
    log, program = folder / "log", folder / "btrfs"
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {log}\n[ "$1" = quota ] || {{ echo "{warning}" >&2; exit {code}; }}\n'
    )
    program.chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin"}
    command = [sys.executable, "-I", str(SOURCE), "/srv"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, log.read_text().splitlines()


def test_wrong_counts_are_made_anew_and_it_is_said(tmp_path: Path) -> None:
    code, said, calls = asked(tmp_path, "WARNING: qgroup data inconsistent, rescan recommended")
    assert (code, calls) == (0, ["qgroup show /srv", "quota rescan /srv"])
    assert "/srv" in said


@pytest.mark.parametrize(
    "warning", ["", "WARNING: qgroup data inconsistent, rescan recommended; rescan is running"]
)
def test_right_counts_and_a_count_under_way_are_let_be(tmp_path: Path, warning: str) -> None:
    assert asked(tmp_path, warning) == (0, "", ["qgroup show /srv"])


def test_without_an_answer_the_unit_fails(tmp_path: Path) -> None:
    assert asked(tmp_path, "ERROR: can't list qgroups", 1)[0] != 0
