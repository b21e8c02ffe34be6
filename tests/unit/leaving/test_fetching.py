"""What a server holds comes over whole, whatever cuts it off: its own program at the other end of a pipe."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from provisioner.errors import DifferenceError, MachineError, NuageError, RefusedError
from provisioner.leaving import fetching
from provisioner.leaving.link import Link
from provisioner.leaving.store import MANIFEST, SUMS, Fetched, Store

ROLES = Path(__file__).parents[3] / "roles"
PROGRAM = """
import sys
sys.path[:0] = [{export!r}, {backup!r}]
from pathlib import Path
import settings, held
held.MOMENTS = Path({moments!r})
sys.argv[0] = {export!r} + "/__main__.py"
import importlib.util
spec = importlib.util.spec_from_file_location("program", sys.argv[0])
program = importlib.util.module_from_spec(spec)
spec.loader.exec_module(program)
try:
    program.main(*sys.argv[1:])
except (settings.BackupError, OSError) as error:
    import json
    print(json.dumps({{"key": getattr(error, "key", "export.failed"), "detail": str(error)}}), file=sys.stderr)
    sys.exit(1)
"""
NAME = "46005-apps"
RUN = "20261130T030000Z"


class Local(Link):
    """The server's program on this machine; ``cut`` ends it after so many bytes, as a server that is gone does."""

    def __init__(self, moments: Path, cut: int = 0) -> None:
        folders = {
            "export": str(ROLES / "server_export/files/usr/local/lib/nuage/export"),
            "backup": str(ROLES / "server_backup/files/usr/local/lib/nuage/backup"),
        }
        self.program = PROGRAM.format(moments=str(moments), **folders)
        self.cut = cut

    def open(self, verb: str, name: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-c", self.program, verb, name]
        if self.cut:
            words = ["sh", "-c", f'"$@" | head -c {self.cut}; exit 255', "sh", *words]
        return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.fixture
def moments(tmp_path: Path) -> Path:
    """A moment with a small file, a large one and one with a difficult name."""
    if os.geteuid() != 0:
        pytest.skip("SKIPPED, NOT TESTED: the program's lock lies in /run")
    place = tmp_path / "moments" / f"{NAME}.export"
    place.mkdir(parents=True)
    (place / "run.json").write_text(json.dumps({"run": RUN}))
    files = {"files/zoé/petit.txt": b"bonjour\n", "files/zoé/gros.bin": os.urandom(5_000_000)}
    files["files/zoé/fin\nde ligne"] = b""
    lines = []
    for number, (name, content) in enumerate(sorted(files.items())):
        source = place / str(number)
        source.write_bytes(content)
        item = {"name": name, "source": str(source), "size": len(content), "mtime": 1_700_000_000}
        lines.append(json.dumps({**item, "mark": hashlib.sha256(content).hexdigest()}))
    (place / "catalogue.jsonl").write_text("\n".join(lines) + "\n")
    return place.parent


def items(moments: Path) -> list[dict[str, Any]]:
    first, *rest = Local(moments).lines("list", NAME)
    assert first == {"run": RUN}
    return rest


def begun(tmp_path: Path) -> Store:
    store = Store(tmp_path / "out")
    assert store.open("abercorn", RUN) == RUN
    return store


def fetch(link: Link, store: Store, moments: Path) -> int:
    brought: list[int] = []
    left = fetching.missing(store, NAME, items(moments))
    fetching.fetch(link, NAME, RUN, store, left, brought.append)
    return sum(brought)


def test_all_of_it_with_sums_that_others_check(tmp_path: Path, moments: Path) -> None:
    store = begun(tmp_path)
    fetch(Local(moments), store, moments)
    store.check_earlier()
    digest = store.close({"slug": "abercorn"}, {"README.txt": "x\n"})
    assert (store.folder / "files/zoé/petit.txt").read_bytes() == b"bonjour\n"
    assert hashlib.sha256((store.folder / MANIFEST).read_bytes()).hexdigest() == digest
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", SUMS], cwd=store.folder, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 5
    assert not [path for path in store.folder.iterdir() if path.name.startswith(".")]
    assert (store.folder / "files/zoé/petit.txt").stat().st_mode & 0o077 == 0
    assert store.folder.stat().st_mode & 0o077 == 0


def test_a_cut_off_one_goes_on_in_the_middle_of_a_file(tmp_path: Path, moments: Path) -> None:
    with pytest.raises(NuageError) as caught:
        fetch(Local(moments, cut=3_500_000), begun(tmp_path), moments)
    assert caught.value.problems[0].key == "export.cut"
    again = begun(tmp_path)
    assert fetch(Local(moments), again, moments) < 2_600_000
    again.check_earlier()
    assert len(again.fetched) == 3


def test_what_an_earlier_run_brought_is_read_again(tmp_path: Path, moments: Path) -> None:
    fetch(Local(moments), begun(tmp_path), moments)
    path = tmp_path / "out" / "files/zoé/petit.txt"
    path.write_bytes(b"bonsoir\n")
    again = begun(tmp_path)
    assert fetch(Local(moments), again, moments) == 0
    with pytest.raises(DifferenceError):
        again.check_earlier()
    third = begun(tmp_path)
    fetch(Local(moments), third, moments)
    third.check_earlier()
    assert path.read_bytes() == b"bonjour\n"


def test_bytes_of_another_beginning_are_seen(tmp_path: Path, moments: Path) -> None:
    with pytest.raises(NuageError):
        fetch(Local(moments, cut=3_500_000), begun(tmp_path), moments)
    partial = tmp_path / "out" / ".partial"
    partial.write_bytes(b"x" + partial.read_bytes()[1:])
    with pytest.raises(DifferenceError):
        fetch(Local(moments), begun(tmp_path), moments)
    store = begun(tmp_path)
    fetch(Local(moments), store, moments)
    assert len(store.fetched) == 3


def test_a_moment_that_is_gone_is_said(tmp_path: Path, moments: Path) -> None:
    left = items(moments)
    (moments / f"{NAME}.export" / "run.json").write_text(json.dumps({"run": "another"}))
    with pytest.raises(NuageError) as caught:
        fetching.fetch(Local(moments), NAME, RUN, begun(tmp_path), left, lambda count: None)
    assert caught.value.problems[0].key == "export.gone"


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "files/../../x", ".export.json", "x", "files//x", "a/./b"]
)
def test_a_server_names_no_other_place(tmp_path: Path, name: str) -> None:
    with pytest.raises(NuageError):
        begun(tmp_path).path(name)


def test_a_complete_export_is_not_begun_again(tmp_path: Path) -> None:
    begun(tmp_path).close({}, {})
    with pytest.raises(RefusedError) as caught:
        begun(tmp_path)
    assert caught.value.problems[0].key == "export.complete"


def test_another_folder_is_not_written_in(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(RefusedError):
        begun(tmp_path)
    (tmp_path / "out" / "mine").unlink()
    begun(tmp_path)
    with pytest.raises(RefusedError) as caught:
        Store(tmp_path / "out").open("dunham", RUN)
    assert caught.value.problems[0].key == "export.of-another"


def test_a_disk_without_room_is_said_before(tmp_path: Path) -> None:
    with pytest.raises(MachineError) as caught:
        begun(tmp_path).room(1 << 60)
    assert caught.value.problems[0].key == "export.no-room"


def test_what_a_new_moment_has_no_more_goes(tmp_path: Path) -> None:
    store = begun(tmp_path)
    path = store.path("files/a/b")
    path.parent.mkdir(parents=True)
    path.touch()
    store.fetched[NAME, "files/a/b"] = Fetched(NAME, "files/a/b", "m", 0, "0")
    store.drop(set())
    assert not path.exists()
