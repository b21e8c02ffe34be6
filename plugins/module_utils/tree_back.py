# SPDX-License-Identifier: AGPL-3.0-or-later
"""A folder as a read-only snapshot of it has it: only what differs is touched, so that 100 GB take as long as 100 kB.

A snapshot has the inode numbers and the change times of what it was taken from: a file with both is the same file.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError

PART = ".nuage-returned"


def as_user(name, work, *arguments):
    """Call ``work`` in a process of this user, who can't be led by a link to what isn't theirs.

    Raises:
        ProgramError: it failed; ``str()`` is its own error's.
    """
    owner = pwd.getpwnam(name)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(owner.pw_gid)
            os.setuid(owner.pw_uid)
            os.umask(0o027)
            work(*arguments)
            os._exit(0)
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode()[:2000])
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read().decode(errors="replace")
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise ProgramError(said or f"the process of {name} ended with {status}")


def restore(kept, now):
    """Make the folder ``now`` what the folder ``kept`` is."""
    there, here = entries(kept), entries(now)
    for name in sorted(here.keys() - there.keys()):
        remove(Path(now, name))
    for name, wanted in sorted(there.items()):
        source, target, found = Path(kept, name), Path(now, name), here.get(name)
        if stat.S_ISDIR(wanted.st_mode):
            if found is None or not stat.S_ISDIR(found.st_mode):
                remove(target)
                target.mkdir(0o700)
            restore(source, target)
            dress(target, wanted)
        elif found is None or not same(wanted, found):
            put(source, target, wanted, found)


def entries(folder):
    """What a folder holds, links themselves and not what they lead to."""
    with os.scandir(folder) as found:
        return {each.name: each.stat(follow_symlinks=False) for each in found}


def same(one, other):
    fields = ("st_ino", "st_mode", "st_size", "st_mtime_ns", "st_ctime_ns")
    return all(getattr(one, name) == getattr(other, name) for name in fields)


def remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def put(source, target, wanted, found):
    """One file or link, in one step."""
    part = target.with_name(target.name[:200] + PART)
    remove(part)
    if stat.S_ISLNK(wanted.st_mode):
        part.symlink_to(os.readlink(source))
    elif stat.S_ISREG(wanted.st_mode):
        with source.open("rb") as reading, part.open("xb") as writing:
            clone(reading.fileno(), writing.fileno(), wanted.st_size)
        dress(part, wanted)
    else:
        return  # no instance has anything else that is worth a return
    if found is not None and stat.S_ISDIR(found.st_mode):
        remove(target)
    part.replace(target)


def clone(source, target, size):
    """On Btrfs this shares the blocks."""
    left = size
    while left > 0:
        done = os.copy_file_range(source, target, left)
        if done == 0:
            break
        left -= done


def dress(path, wanted):
    os.chmod(path, stat.S_IMODE(wanted.st_mode))
    os.utime(path, ns=(wanted.st_atime_ns, wanted.st_mtime_ns))
