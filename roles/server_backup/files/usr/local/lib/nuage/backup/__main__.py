# SPDX-License-Identifier: AGPL-3.0-or-later
"""`backup run|list|restore|drill|alert NAME`, `sweep [NAME]`, `weekly`, `realms`, `late`: copies at the keeper.

`rules`: what nginx may reach, once a place went.
And `move STEP NAME …`: a step of its way to another server (transfer).
"""

from __future__ import annotations

import fcntl
import json
import sys
import time
from contextlib import contextmanager

import alerts
import drill
import place
import realms
import restore
import send
import transfer
from repository import Repository
from settings import ASKED, MOMENTS, BackupError, load

STEP_PATIENCE_S = 60
"""For a step of a move whose control machine was lost, which ends by itself."""


@contextmanager
def alone(name, patience=0):
    """One at a time of a backup, a restore and a move of the same."""
    ASKED.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + patience
    with open(ASKED / f"{name}.lock", "w", encoding="ascii") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise BackupError("backup.busy", name) from error
                time.sleep(0.1)
        yield


def sweep_all(names):
    for name in names or [path.name for path in MOMENTS.glob("[0-9]*-*") if "." not in path.name]:
        with alone(name):
            send.sweep(load(name))
    realms.forget_old()


def weekly():
    """One copy drawn by lot, tried; the ops team is told where it isn't what it should be."""
    name = drill.drawn()
    if name is None:
        return
    of = load(name)
    with alone(name):
        try:
            done = drill.drill(of)
        except BackupError as error:
            alerts.untrue(of, error.key, str(error))
            raise
    print(json.dumps(done, sort_keys=True))
    if not done["good"]:
        alerts.untrue(of, "backup.copy-differs", "\n".join(done["differences"]))


def night():
    """All realms of the server backed up."""
    if failed := realms.night(send.now()):
        raise BackupError("backup.failed", ", ".join(failed))


def late():
    """What is late is told; what nobody needs any more goes."""
    alerts.late()
    realms.forget_old()
    restore.forget_safety()


OF_ALL = {"weekly": weekly, "realms": night, "late": late}
"""What timers ask for, of no municipality by name."""


def main(verb, *names):
    if verb == "run":
        (name,) = names
        with alone(name):
            print(json.dumps(send.record(load(name), send.asked_of(name)), sort_keys=True))
    elif verb == "sweep":
        sweep_all(names)
    elif verb == "list":
        (name,) = names
        print(json.dumps(Repository(load(name)).snapshots()))
    elif verb == "restore":
        (name,) = names
        with alone(name):
            print(json.dumps(restore.restore(load(name), json.load(sys.stdin)), sort_keys=True))
    elif verb == "drill":
        (name,) = names
        with alone(name):
            print(json.dumps(drill.drill(load(name)), sort_keys=True))
    elif verb in OF_ALL:
        OF_ALL[verb]()
    elif verb == "rules":
        place.rules()
    elif verb == "alert":
        (name,) = names
        alerts.failed(load(name))
    elif verb == "move":
        step, name, *words = names
        with alone(name, STEP_PATIENCE_S):
            transfer.main(step, name, *words)
    else:
        raise BackupError("backup.failed", f"no verb {verb}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (BackupError, OSError, ValueError, KeyError) as error:
        key = error.key if isinstance(error, BackupError) else "backup.failed"
        print(json.dumps({"key": key, "detail": str(error)[-1500:]}), file=sys.stderr)
        sys.exit(1)
