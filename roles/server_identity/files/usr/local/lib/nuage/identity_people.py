#!/usr/bin/python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tells applications who may still come in: passwords that people made there for programs ask nobody.

A file for each realm that has Nextcloud, whose name only those can tell who hold its client's secret. In it are the
numbers of people who are in, nothing else of them, and the time: an application that finds it old doesn't believe it.
"""

from __future__ import annotations

import grp
import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

TOLD = Path("/run/nuage-people")
DIRECTORIES = Path("/run/nuage-directories")
"""What municipalities' own directories said last; of none, no file."""
# Keycloak's own tables: its administration would ask each municipality's directory for everybody in it, each minute.
QUERY = """
SELECT jsonb_build_array(realm.name, client.secret,
    coalesce(jsonb_agg(person.id ORDER BY person.id) FILTER (WHERE person.enabled), '[]'))
FROM realm
JOIN client ON client.realm_id = realm.id AND client.client_id = 'nextcloud' AND client.secret IS NOT NULL
LEFT JOIN user_entity AS person ON person.realm_id = realm.id AND person.service_account_client_link IS NULL
GROUP BY realm.name, client.secret
"""


def asked() -> Iterator[tuple[str, str, list[str]]]:
    """Realm, secret of its client, and the numbers of who is in."""
    command = ["psql", "-XqtA", "-U", "postgres", "-h", "/run/postgresql", "-d", "keycloak", "-f", "-"]
    done = subprocess.run(command, input=QUERY, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        sys.exit(f"psql: {done.stderr.strip()[-500:]}")
    for line in done.stdout.splitlines():
        realm, secret, people = json.loads(line)
        out = gone(realm)
        yield realm, secret, [number for number in people if number not in out]


def gone(realm: str) -> set[str]:
    """Numbers of the people whom the realm's directory lets in no more."""
    try:
        return set(json.loads((DIRECTORIES / f"{realm}.json").read_text())["out"])
    except FileNotFoundError:
        return set()


def name_of(realm: str, secret: str) -> str:
    """Of a realm's file; Nextcloud's app `nuage` makes the same."""
    seal = hmac.new(secret.encode(), f"nuage-people/{realm}".encode(), hashlib.sha256).hexdigest()
    return f"{realm}-{seal}.json"


def tell(realms: Iterable[tuple[str, str, list[str]]], now: int) -> None:
    """Write all files, and forget those of nobody any more."""
    group = grp.getgrnam("www-data").gr_gid
    TOLD.mkdir(exist_ok=True)
    TOLD.chmod(0o711)
    written = set()
    for realm, secret, people in realms:
        path = TOLD / name_of(realm, secret)
        handle, new = tempfile.mkstemp(dir=TOLD, prefix=".people.")
        with os.fdopen(handle, "w") as stream:
            json.dump({"at": now, "in": people}, stream)
            os.fchmod(stream.fileno(), 0o640)
            os.fchown(stream.fileno(), -1, group)
        Path(new).replace(path)
        written.add(path.name)
    for path in TOLD.iterdir():
        if path.name not in written:
            path.unlink()


if __name__ == "__main__":
    tell(list(asked()), int(time.time()))
