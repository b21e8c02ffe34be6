# SPDX-License-Identifier: AGPL-3.0-or-later
"""Unpacking a release archive into a read-only tree, all of it or nothing.

What the archive says of owners, special modes and devices is not taken over; a name or a link that leads out of
the tree makes the whole archive refused. Links are made last, so that none is ever written through.
"""

from __future__ import annotations

import calendar
import ctypes
import errno
import fcntl
import hashlib
import json
import os
import posixpath
import shutil
import stat
import tarfile
import tempfile
import time
import zipfile
import zlib
from collections import namedtuple
from contextlib import contextmanager
from pathlib import Path

BLOCK = 1 << 20
RECORD = ".artifact.json"
UNREADABLE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeError)

Entry = namedtuple("Entry", "name kind executable changed content")
"""One member: its name, what it is (folder, file, link or other), and its content, or the link's target."""


class TreeError(Exception):
    """An archive or a place that won't do; ``key`` is a catalogue key, ``context`` fills its placeholders."""

    def __init__(self, key, **context):
        self.key = key
        self.context = context
        super().__init__(", ".join(f"{name} {value}" for name, value in context.items()))


def record_of(dest):
    """Where it is written down which archive a tree came from: beside it.

    Not inside it: Nextcloud counts the files of its own code, and complains of one too many.
    """
    dest = Path(dest)
    return dest.with_name(dest.name + RECORD)


def present(dest, sha256):
    """Whether the tree is there, whole, and from that archive.

    Raises:
        TreeError: a tree from another archive, or something that is none of ours, is in its place.
    """
    dest = Path(dest)
    try:
        found = json.loads(record_of(dest).read_bytes()).get("sha256", "")
    except (FileNotFoundError, ValueError, AttributeError):
        found = ""
    if not os.path.lexists(dest):
        return False
    if found and found != sha256:
        raise TreeError("artifacts.other-tree", path=str(dest), expected=sha256, got=found)
    if not stat.S_ISDIR(os.lstat(dest).st_mode):
        raise TreeError("artifacts.not-a-folder", path=str(dest))
    return bool(found)


def install(archive, dest, identity, strip):
    """Verify ``archive`` and have its tree at ``dest``. Returns whether it wasn't there before.

    Raises:
        TreeError: the archive isn't the one asked for, can't be unpacked safely, or the disk is full.
    """
    dest = Path(dest)
    dest.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    with locked(dest.parent):
        if present(dest, identity["sha256"]):
            return False
        clear(dest)
        with open(archive, "rb") as stream:
            verify(stream, identity["sha256"])
            beside = Path(tempfile.mkdtemp(dir=dest.parent, prefix=f".{dest.name}."))
            try:
                count = unpack(stream, beside, strip)
                os.chmod(beside, 0o755)
                flush(beside)
                settle(beside, dest, {**identity, "files": count})
            except OSError as error:
                raise on_disk(error, dest) from error
            finally:
                shutil.rmtree(beside, ignore_errors=True)
    return True


def verify(stream, sha256):
    """The archive's own hash, read from the very file that is unpacked next."""
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != sha256:
        raise TreeError("artifacts.mismatch-on-server", expected=sha256, got=digest)
    stream.seek(0)


def settle(beside, dest, identity):
    """Put the tree in its place. Without a record it counts as absent, so the record comes last."""
    if os.path.lexists(dest):
        # Whole or not, nobody wrote down what it is: a run was interrupted in this very place.
        os.rename(dest, beside.with_name(beside.name + ".old"))
    os.rename(beside, dest)
    record = record_of(dest)
    text = json.dumps(identity, indent=2, sort_keys=True) + "\n"
    handle, temporary = tempfile.mkstemp(dir=dest.parent, prefix=f".{dest.name}.")
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
        os.fchmod(stream.fileno(), 0o644)
        stream.flush()
        os.fsync(stream.fileno())
    os.rename(temporary, record)
    clear(dest)


def clear(dest):
    """Remove what interrupted runs left beside ``dest``; the caller holds the lock."""
    for left in dest.parent.glob(f".{dest.name}.*"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


@contextmanager
def locked(folder, patience=600):
    """One run at a time unpacks into a folder; the other waits, and finds the tree there."""
    with open(folder / ".lock", "a") as stream:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TreeError("artifacts.busy-on-server", path=str(folder)) from None
                time.sleep(0.2)
        yield


def flush(folder):
    """Have everything on the disk before the rename: one call for the file system, not one for each file."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(handle):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
    finally:
        os.close(handle)


def on_disk(error, dest):
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return TreeError("artifacts.disk-full-on-server", path=str(dest.parent))
    return TreeError("artifacts.unpack-failed", path=str(dest), detail=str(error))


def unpack(stream, folder, strip):
    """Write every member below ``folder``; returns how many files and links there are."""
    links, made, count, top = [], set(), 0, None
    try:
        for entry in entries(stream):
            parts = safe(entry.name)
            top = top or parts[:1]
            if strip:
                if parts[:1] != top or (len(parts) == 1 and entry.kind != "folder"):
                    raise TreeError("artifacts.no-top-folder", member=entry.name)
                parts = parts[1:]
            if entry.kind == "other":
                raise TreeError("artifacts.unsafe-member", member=entry.name)
            if entry.kind == "link":
                links.append((parts, entry))
            elif parts:
                place(folder, parts, entry, made)
            count += entry.kind != "folder"
    except UNREADABLE as error:
        raise TreeError(
            "artifacts.broken-archive", detail=f"{type(error).__name__} {error}".strip()
        ) from error
    if not top:
        raise TreeError("artifacts.broken-archive", detail="empty")
    for parts, entry in links:
        link(folder, parts, entry, made)
    return count


def safe(name):
    """The parts of a member's name, or a refusal."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or "\0" in name or "\\" in name:
        raise TreeError("artifacts.unsafe-member", member=name)
    return parts


def folder_of(folder, parts, made):
    """A folder of the tree with those above it; ``made`` spares looking again for each of its files."""
    path = folder.joinpath(*parts)
    if path in made or not parts:
        return path
    folder_of(folder, parts[:-1], made)
    try:
        path.mkdir()
        os.chmod(path, 0o755)
    except FileExistsError:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise TreeError("artifacts.unsafe-member", member="/".join(parts)) from None
    made.add(path)
    return path


def place(folder, parts, entry, made):
    if entry.kind == "folder":
        folder_of(folder, parts, made)
        return
    path = folder_of(folder, parts[:-1], made) / parts[-1]
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise TreeError("artifacts.unsafe-member", member=entry.name) from None
    with os.fdopen(handle, "wb") as stream, entry.content as source:
        shutil.copyfileobj(source, stream, BLOCK)
        os.fchmod(stream.fileno(), 0o755 if entry.executable else 0o644)
    # Web servers and caches tell versions apart by it, and every server is to say the same.
    os.utime(path, (entry.changed, entry.changed))


def link(folder, parts, entry, made):
    """A symbolic link to something inside the tree."""
    target = entry.content
    reached = posixpath.normpath(posixpath.join("/".join(parts[:-1]), target))
    if not target or target.startswith("/") or "\0" in target or reached.split("/")[0] == "..":
        raise TreeError("artifacts.unsafe-member", member=entry.name)
    path = folder_of(folder, parts[:-1], made) / parts[-1]
    if os.path.lexists(path):
        raise TreeError("artifacts.unsafe-member", member=entry.name)
    os.symlink(target, path)


def entries(stream):
    """The members of a zip or tar archive, in its order; the format is told by its first bytes."""
    magic = stream.read(4)
    stream.seek(0)
    yield from (zip_entries if magic[:2] == b"PK" else tar_entries)(stream)


def tar_entries(stream):
    with tarfile.open(fileobj=stream, mode="r:*") as tar:
        for member in tar:
            kind, content = "other", None
            if member.isdir():
                kind = "folder"
            elif member.isreg():
                kind, content = "file", tar.extractfile(member)
            elif member.issym():
                kind, content = "link", member.linkname
            yield Entry(member.name, kind, bool(member.mode & 0o100), int(member.mtime), content)


def zip_entries(stream):
    with zipfile.ZipFile(stream) as archive:
        for member in archive.infolist():
            mode = member.external_attr >> 16
            kind, content = "file", None
            if member.is_dir():
                kind = "folder"
            elif stat.S_ISLNK(mode):
                kind, content = "link", archive.read(member).decode()
            elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                kind = "other"
            else:
                content = archive.open(member)
            changed = calendar.timegm((*member.date_time, 0, 0, 0))
            yield Entry(member.filename, kind, bool(mode & 0o100), changed, content)
