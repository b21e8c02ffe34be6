# SPDX-License-Identifier: AGPL-3.0-or-later
"""`export begin|list|send|end NAME`: everything of a municipality, of one moment, in open formats.

`begin` holds the moment and makes what isn't a file yet; `list` says what there is; `send` gives some of it, from
anywhere in it, for as long as the moment is held; `end` lets it go. `moment`, `databases`, `realms` and `settings`
are those of the backup.
"""

from __future__ import annotations

import fcntl
import json
import sys
from contextlib import contextmanager
from pathlib import Path

import held
import sending
import taking
from settings import NAME, BackupError


@contextmanager
def alone(name, *, shared=False):
    """One export of the same is begun or ended at a time; several may be asked for files."""
    Path("/run/nuage/backup").mkdir(parents=True, exist_ok=True)
    with open(f"/run/nuage/backup/{name}.export.lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError("export.busy", name) from error
        yield


def main(verb, name):
    if not NAME.fullmatch(name):
        raise BackupError("export.failed", name)
    if verb == "begin":
        with alone(name):
            print(json.dumps(taking.begin(name, json.load(sys.stdin)), sort_keys=True))
    elif verb == "list":
        with alone(name, shared=True):
            sending.catalogue(name)
    elif verb == "send":
        with alone(name, shared=True):
            sending.send(name, json.loads(sys.stdin.readline()))
    elif verb == "end":
        with alone(name):
            held.let_go(name)
            print("{}")
    else:
        raise BackupError("export.failed", f"no verb {verb}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (BackupError, OSError, ValueError, KeyError) as error:
        key = error.key if isinstance(error, BackupError) else "export.failed"
        print(json.dumps({"key": key, "detail": str(error)[-1500:]}), file=sys.stderr)
        sys.exit(1)
