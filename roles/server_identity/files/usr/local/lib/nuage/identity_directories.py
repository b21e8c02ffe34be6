#!/usr/bin/python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Asks municipalities' own directories, through Keycloak, whom they have no more: nothing else would ask about somebody
who uses programs alone, and never signs in again.

A file for each realm that reads a directory, with the numbers of who is out and the time. While a directory doesn't
answer, what it said last goes on.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ADDRESS = ("127.0.0.1", 8080)
CLIENT = "nuage"
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}
VAULT = Path("/etc/nuage/keycloak/vault")
DIRECTORY = "_ldap-bind"
"""End of the name of a realm's secret that tells that it reads a directory."""
FOUND = Path("/run/nuage-directories")
FEDERATION = "org.keycloak.storage.UserStorageProvider"
TRIED = ("connectionUrl", "bindDn", "bindCredential", "useTruststoreSpi", "connectionTimeout", "authType")
PAGE = 200
PATIENCE_S = 300


class RefusedError(OSError):
    """Keycloak answered, and not as asked."""


class Admin:
    """Keycloak's administration interface over loopback, with the deployments' account."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def ask(self, path: str, body: object = None) -> list[dict[str, Any]]:
        """What is listed there; a body is something to try, which lists nothing."""
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body)
        answer = self._answer(f"/admin/realms{path}", sent, headers)
        return list(json.loads(answer or b"[]"))

    def _token(self) -> str:
        """One for each request: it lives for a minute, and a directory may take longer."""
        form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": self._secret}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        path = "/realms/master/protocol/openid-connect/token"
        return str(json.loads(self._answer(path, urllib.parse.urlencode(form), headers))["access_token"])

    @staticmethod
    def _answer(path: str, body: str | None, headers: dict[str, str]) -> bytes:
        connection = http.client.HTTPConnection(*ADDRESS, timeout=PATIENCE_S)
        try:
            connection.request("GET" if body is None else "POST", path, body, {**FORWARDED, **headers})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise RefusedError(f"{answer.status} of {path.partition('?')[0]}")
        return text


def answers(admin: Admin, realm: str) -> bool:
    """Whether the realm's directory knows the account that reads it."""
    listed = admin.ask(f"/{realm}/components?type={FEDERATION}")
    for one in listed:
        settings = {key: one["config"][key][0] for key in TRIED}
        trial = {"action": "testAuthentication", "componentId": one["id"], **settings}
        try:
            admin.ask(f"/{realm}/testLDAPConnection", trial)
        except RefusedError:
            return False
    return bool(listed)


def people(admin: Admin, realm: str) -> Iterator[dict[str, Any]]:
    """Everybody of a realm; of whom it knows by a directory, Keycloak asks that one."""
    first, page = 0, [{}] * PAGE
    while len(page) == PAGE:
        page = admin.ask(f"/{realm}/users?first={first}&max={PAGE}&briefRepresentation=true")
        yield from page
        first += PAGE


def out_of(admin: Admin, realm: str) -> list[str] | None:
    """Numbers of the people whom a realm's directory lets in no more; None where it doesn't answer.

    Keycloak takes one that stops answering meanwhile for one that has nobody.
    """
    if not answers(admin, realm):
        return None
    known = [one for one in people(admin, realm) if one.get("federationLink")]
    found = sorted(one["id"] for one in known if not one["enabled"])
    return found if answers(admin, realm) else None


def keep(realm: str, out: list[str]) -> None:
    """What a realm's directory said, for who tells applications."""
    new = FOUND / f".{realm}"
    new.write_text(json.dumps({"at": int(time.time()), "out": out}))
    new.replace(FOUND / f"{realm}.json")


def main(secret: str) -> None:
    """Ask them all; forget what was said of a realm that reads none any more."""
    realms = sorted(path.name.removesuffix(DIRECTORY) for path in VAULT.glob(f"*{DIRECTORY}"))
    for path in FOUND.glob("*.json"):
        if path.stem not in realms:
            path.unlink()
    for realm in realms:
        out = out_of(Admin(secret), realm)
        if out is None:
            sys.stderr.write(f"{realm}: its directory doesn't answer\n")
        else:
            keep(realm, out)


if __name__ == "__main__":
    try:
        main(Path(os.environ["CREDENTIALS_DIRECTORY"], "admin-secret").read_text().strip())
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"Keycloak: {error}")
