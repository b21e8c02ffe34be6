"""Handing Ansible what nobody else may read: by memory that has no name in any folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def handed_on(variable: str, text: str) -> Iterator[None]:
    """For the length of the block, ``variable`` is the path of a file that holds ``text`` and lies on no disk.

    Not the variable itself: ansible-runner writes the whole environment to a file for each run.
    """
    handle = os.memfd_create(variable)
    try:
        with os.fdopen(os.dup(handle), "wb") as stream:
            stream.write(text.encode())
        os.environ[variable] = f"/proc/{os.getpid()}/fd/{handle}"
        yield
    finally:
        os.environ.pop(variable, None)
        os.close(handle)
