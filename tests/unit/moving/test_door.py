"""From one server to the other through this machine: with real processes in the place of `ssh`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from provisioner.errors import NuageError
from provisioner.moving.door import Carried, Door, carry
from tests.unit.planning.making import consortium

SERVER = consortium().servers[0]


class Local(Door):
    """Runs a program of this machine for each step."""

    def __init__(self, folder: Path, **programs: str) -> None:
        super().__init__(SERVER, folder / "known_hosts", None)
        self.programs = programs

    def command(self, verb: str, host: str, **words: object) -> list[str]:
        super().command(verb, host, **words)
        return [
            sys.executable,
            "-c",
            self.programs[verb],
            *(f"{name}={value}" for name, value in words.items()),
        ]


GIVES = "import sys; sys.stdout.buffer.write(b'x' * 3_000_000)"
BREAKS = (
    GIVES
    + '; sys.stdout.flush(); sys.stderr.write(\'{"key": "moving.restoring", "detail": "d"}\'); sys.exit(1)'
)
TAKES = "import sys, pathlib; d = sys.stdin.buffer.read(); pathlib.Path({path!r}).write_bytes(d)"
REFUSES = 'import sys; sys.stderr.write(\'{"key": "moving.no-btrfs", "detail": "/srv"}\'); sys.exit(1)'
WHAT = Carried("46005-apps", "give", "take", {"services": "wordpress"})


def test_all_of_it_arrives(tmp_path: Path) -> None:
    came, seen = tmp_path / "came", []
    source, target = Local(tmp_path, give=GIVES), Local(tmp_path, take=TAKES.format(path=str(came)))
    assert carry(source, target, WHAT, seen.append) == 3_000_000
    assert came.stat().st_size == seen[-1] == 3_000_000


def test_half_of_it_is_never_taken_for_the_whole(tmp_path: Path) -> None:
    came = tmp_path / "came"
    source, target = Local(tmp_path, give=BREAKS), Local(tmp_path, take=TAKES.format(path=str(came)))
    with pytest.raises(NuageError) as error:
        carry(source, target, WHAT, lambda total: None)
    assert error.value.problems[0].key == "moving.restoring"
    assert not came.exists()


def test_what_the_target_says_is_told(tmp_path: Path) -> None:
    source, target = Local(tmp_path, give=GIVES), Local(tmp_path, take=REFUSES)
    with pytest.raises(NuageError) as error:
        carry(source, target, WHAT, lambda total: None)
    assert error.value.problems[0].key == "moving.no-btrfs"


@pytest.mark.parametrize(
    ("said", "key"),
    [
        (b"", "moving.failed"),
        (b"python3: can't open file '/usr/local/lib/nuage/backup'", "moving.no-program"),
        (b'{"key": "backup.upgrading", "detail": "d"}', "backup.upgrading"),
        (b'{"key": "nobody.knows", "detail": "d"}', "moving.failed"),
    ],
)
def test_last_words(tmp_path: Path, said: bytes, key: str) -> None:
    assert Local(tmp_path).failure("46005-apps", 1, said).problems[0].key == key
    assert Local(tmp_path).failure("46005-apps", 255, said).exit_code == 6


@pytest.mark.parametrize("word", ["a b", "$(id)", "a;b", "é", "a\nb", "'"])
def test_no_word_that_a_shell_would_take_for_more(tmp_path: Path, word: str) -> None:
    with pytest.raises(ValueError):
        Door(SERVER, tmp_path / "known_hosts", None).command("look", "46005-apps", to=word)
