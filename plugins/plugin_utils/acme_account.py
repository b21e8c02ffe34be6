# SPDX-License-Identifier: AGPL-3.0-or-later
"""The account of a consortium at an authority: a key, and beside it what the authority calls the account.

Several municipalities are done at once, each in a process of its own: the first one makes the key and
registers it, under a lock, and the others find both.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import josepy
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import write_atomic
from ansible_collections.nuage_commun.platform.plugins.plugin_utils.acme_client import (
    Authority,
    Session,
    load_account_key,
    new_account_key,
)
from ansible_collections.nuage_commun.platform.plugins.plugin_utils.acme_failure import AcmeError


def open_session(path: Path, authority: Authority) -> Session:
    """A session of the account whose key is in ``path``; key and account are made when absent.

    Raises:
        AcmeError: the key can't be used, or the authority doesn't answer or refuses the account.
    """
    with _locked(path):
        session = Session(authority, _key(path))
        address = _known(path, authority)
        if address:
            session.use_account(address)
        else:
            _register(path, authority, session)
    return session


def register_again(path: Path, authority: Authority, session: Session) -> None:
    """The authority forgot the account (a lab's, rebuilt at the same address): register the same key."""
    with _locked(path):
        session.forget_account()
        _register(path, authority, session)


def _register(path: Path, authority: Authority, session: Session) -> None:
    record = {"directory": authority.directory, "account": session.register()}
    _write(_record_path(path, authority), (json.dumps(record, indent=2) + "\n").encode(), 0o644)


def _key(path: Path) -> josepy.JWKEC:
    try:
        if not path.exists():
            _write(path, new_account_key(), 0o600)
        if path.stat().st_mode & 0o077:
            raise AcmeError(
                "acme.account-key", path=str(path), detail=f"mode {path.stat().st_mode & 0o777:o}"
            )
        return load_account_key(path.read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise AcmeError("acme.account-key", path=str(path), detail=str(error)) from error


def _record_path(path: Path, authority: Authority) -> Path:
    # One key may serve several directories (an authority's trial one, say), and has an account at each.
    return path.with_name(f"{path.stem}-{hashlib.sha256(authority.directory.encode()).hexdigest()[:12]}.json")


def _known(path: Path, authority: Authority) -> str:
    try:
        record = json.loads(_record_path(path, authority).read_text())
        return str(record["account"]) if record["directory"] == authority.directory else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _write(path: Path, content: bytes, mode: int) -> None:
    write_atomic(path, content, mode, os.geteuid(), os.getegid())


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        stream = path.with_name(f".{path.name}.lock").open("w")
    except OSError as error:
        raise AcmeError("acme.account-key", path=str(path), detail=str(error)) from error
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
