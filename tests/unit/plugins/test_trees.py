"""Unpacking: whole or not at all, nothing outside the tree, the same tree from every format."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import subprocess
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import trees

CONTENT = {"app/index.php": b"<?php\n", "app/bin/tool": b"#!/bin/sh\n", "app/lib/deep/a.txt": b"a" * 70_000}
EXECUTABLE = {"app/bin/tool"}


def tar_of(path: Path, mode: str, members: list[tarfile.TarInfo] | None = None) -> Path:
    with tarfile.open(path, mode) as tar:
        for name, content in CONTENT.items():
            info = tarfile.TarInfo(name)
            info.size, info.uid, info.gid, info.mtime = len(content), 1000, 1000, 1_700_000_000
            info.mode = 0o4777 if name in EXECUTABLE else 0o666
            tar.addfile(info, io.BytesIO(content))
        for info in members or []:
            tar.addfile(info, io.BytesIO(b"x" * info.size))
    return path


def zip_of(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in CONTENT.items():
            info = zipfile.ZipInfo(name, (2023, 11, 14, 22, 13, 20))
            info.external_attr = (stat.S_IFREG | (0o777 if name in EXECUTABLE else 0o600)) << 16
            archive.writestr(info, content)
    return path


def identity(path: Path) -> dict[str, str]:
    return {"name": "app", "version": "1", "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def install(archive: Path, dest: Path, *, strip: bool = True, **changes: str) -> bool:
    return bool(trees.install(archive, dest, {**identity(archive), **changes}, strip))


def refused(archive: Path, dest: Path, **options: Any) -> str:
    with pytest.raises(trees.TreeError) as caught:
        install(archive, dest, **options)
    left = sorted(path.name for path in dest.parent.iterdir()) if dest.parent.exists() else []
    assert [name for name in left if name != ".lock"] == []
    return str(caught.value.key)


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, target, size
    return info


@pytest.fixture(params=["gz", "bz2", "zip"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "zip":
        return zip_of(tmp_path / "a.zip")
    return tar_of(tmp_path / f"a.tar.{request.param}", f"w:{request.param}")


def test_the_tree_is_read_only_to_all_but_root_and_keeps_what_is_executable(
    archive: Path, tmp_path: Path
) -> None:
    dest = tmp_path / "trees" / "app-1"
    old_umask = os.umask(0o077)
    try:
        assert install(archive, dest)
    finally:
        os.umask(old_umask)
    for name, content in CONTENT.items():
        path = dest / name.removeprefix("app/")
        assert path.read_bytes() == content
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if name in EXECUTABLE else 0o644)
        assert (path.stat().st_uid, int(path.stat().st_mtime)) == (os.geteuid(), 1_700_000_000)
    for folder in (dest, dest / "lib", dest / "lib/deep"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert sorted(path.name for path in dest.parent.iterdir()) == [".lock", "app-1", "app-1.artifact.json"]
    assert not install(archive, dest)


def test_without_strip_the_top_folder_stays(archive: Path, tmp_path: Path) -> None:
    install(archive, tmp_path / "trees" / "apps", strip=False)
    assert (tmp_path / "trees/apps/app/index.php").is_file()


def test_another_archive_is_refused(archive: Path, tmp_path: Path) -> None:
    dest = tmp_path / "trees" / "app-1"
    assert refused(archive, dest, sha256="0" * 64) == "artifacts.mismatch-on-server"


def test_a_truncated_archive_that_was_pinned_so_leaves_nothing(archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:200])
    assert refused(archive, tmp_path / "trees" / "app-1") == "artifacts.broken-archive"


@pytest.mark.parametrize(
    "bad",
    [
        member("/etc/passwd"),
        member("app/../../outside"),
        member("app/a\\b"),
        member("app/out", tarfile.SYMTYPE, "../../outside"),
        member("app/out", tarfile.SYMTYPE, "/etc"),
        member("app/hard", tarfile.LNKTYPE, "app/index.php"),
        member("app/null", tarfile.CHRTYPE),
        member("app/pipe", tarfile.FIFOTYPE),
        member("app/index.php"),
        member("app/index.php/below"),
        member("app/index.php", tarfile.SYMTYPE, "bin/tool"),
    ],
    ids=lambda info: f"{info.name}-{info.type.decode()}",
)
def test_what_leads_out_of_the_tree_is_refused(bad: tarfile.TarInfo, tmp_path: Path) -> None:
    archive = tar_of(tmp_path / "a.tar.gz", "w:gz", [bad])
    assert refused(archive, tmp_path / "trees" / "app-1", strip=False) == "artifacts.unsafe-member"
    assert not (tmp_path / "outside").exists()


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    through = [member("app/way", tarfile.SYMTYPE, "lib"), member("app/way/file", size=1)]
    archive = tar_of(tmp_path / "a.tar.gz", "w:gz", through)
    assert refused(archive, tmp_path / "trees" / "app-1") == "artifacts.unsafe-member"


def test_links_within_the_tree_are_made(tmp_path: Path) -> None:
    inner = member("app/bin/link", tarfile.SYMTYPE, "../lib/deep/a.txt")
    archive = tar_of(tmp_path / "a.tar.gz", "w:gz", [inner])
    install(archive, tmp_path / "trees" / "app-1")
    assert (tmp_path / "trees/app-1/bin/link").read_bytes() == CONTENT["app/lib/deep/a.txt"]


def test_two_top_folders_are_refused_where_one_is_left_out(tmp_path: Path) -> None:
    archive = tar_of(tmp_path / "a.tar.gz", "w:gz", [member("other/file", size=1)])
    assert refused(archive, tmp_path / "trees" / "app-1") == "artifacts.no-top-folder"


def test_an_empty_archive_is_no_tree(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz"):
        pass
    assert refused(tmp_path / "a.tar.gz", tmp_path / "trees" / "app-1") == "artifacts.broken-archive"


def test_what_an_interrupted_run_left_is_not_used_and_goes(archive: Path, tmp_path: Path) -> None:
    dest = tmp_path / "trees" / "app-1"
    (dest.parent / ".app-1.half" / "lib").mkdir(parents=True)
    dest.mkdir()
    (dest / "half").touch()
    assert not trees.present(dest, identity(archive)["sha256"])
    assert install(archive, dest)
    assert not (dest / "half").exists()
    assert sorted(path.name for path in dest.parent.iterdir()) == [".lock", "app-1", "app-1.artifact.json"]


def test_a_tree_from_another_archive_is_never_replaced(archive: Path, tmp_path: Path) -> None:
    dest = tmp_path / "trees" / "app-1"
    install(archive, dest)
    other = tar_of(tmp_path / "b.tar", "w", [member("app/more", size=1)])
    with pytest.raises(trees.TreeError) as caught:
        install(other, dest)
    assert caught.value.key == "artifacts.other-tree"
    assert not (dest / "more").exists()


def test_two_runs_at_once_unpack_once(archive: Path, tmp_path: Path) -> None:
    dest = tmp_path / "trees" / "app-1"
    results: list[bool] = []
    runs = [threading.Thread(target=lambda: results.append(install(archive, dest))) for _ in range(4)]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    assert sorted(results) == [False, False, False, True]


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    if os.geteuid() != 0:
        pytest.skip("SKIPPED, NOT TESTED: mounting needs root")
    folder = tmp_path / "tiny"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], check=False)
    if done.returncode:
        pytest.skip("SKIPPED, NOT TESTED: this machine can't mount a tmpfs")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_leaves_nothing(archive: Path, tiny: Path) -> None:
    assert refused(archive, tiny / "app-1") == "artifacts.disk-full-on-server"
