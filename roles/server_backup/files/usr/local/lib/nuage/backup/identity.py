# SPDX-License-Identifier: AGPL-3.0-or-later
"""A municipality's realm, with its people and their passwords' verifiers, as Keycloak itself exports it."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import realms
from settings import MOMENTS, BackupError, write

TOKEN = "http://127.0.0.1:8080/realms/master/protocol/openid-connect/token"
REALMS = "http://127.0.0.1:8080/admin/realms"
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}


def ask(verb, address, body=None, headers=None):
    """Keycloak's answer, over loopback; None where nothing is there."""
    request = urllib.request.Request(
        address, data=body, method=verb, headers={**FORWARDED, **(headers or {})}
    )
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise BackupError("backup.restore-failed", f"{verb}: {error.code} {error.read()[:300]!r}") from error
    except OSError as error:
        raise BackupError("backup.restore-failed", str(error)) from error


def bearer():
    """The deployments' own account, as the other programs of this server use it."""
    secret = Path("/etc/nuage/keycloak/admin-secret").read_text().strip()
    form = {"grant_type": "client_credentials", "client_id": "nuage", "client_secret": secret}
    granted = json.loads(ask("POST", TOKEN, urllib.parse.urlencode(form).encode()))
    return {"Authorization": f"Bearer {granted['access_token']}", "Content-Type": "application/json"}


def put(code, text):
    """A realm as an export tells it, in the place of what is there. Keycloak itself runs on."""
    ask("DELETE", f"{REALMS}/{code}", headers=bearer())
    ask("POST", REALMS, text, bearer())


def bring_back(of, repository, copy):
    """The realm of then. What is there now is exported first, and put back where the other isn't taken."""
    wanted = repository.dump(copy["id"], "/identity/realm.json").encode()
    book = json.loads(repository.dump(copy["id"], "/ledger.json"))
    if hashlib.sha256(wanted).hexdigest() != book["files"]["realm.json"]["sha256"]:
        raise BackupError("backup.copy-differs", "realm.json")
    aside = Path("/srv/safety") / of.name
    aside.mkdir(mode=0o700, parents=True, exist_ok=True)
    there = ask("GET", f"{REALMS}/{of.code}", headers=bearer()) is not None
    if there:
        realms.export_alone(of.code, aside / "realm.json")
    try:
        put(of.code, wanted)
    except BackupError:
        if there:
            put(of.code, (aside / "realm.json").read_bytes())
        raise
    return book["rows"]


def counts(realm):
    """How much there is of each part of an export."""
    parts = ("users", "clients", "groups", "components", "identityProviders")
    return {part: len(realm.get(part) or []) for part in parts}


def digests(texts):
    """By name, as a ledger has them."""
    return {
        name: {"sha256": hashlib.sha256(text).hexdigest(), "size": len(text)} for name, text in texts.items()
    }


def ledger_of(path, name, at):
    """What is in an export, to compare with."""
    text = path.read_bytes()
    rows = {"identity": counts(json.loads(text))}
    return {"at": at, "name": name, "files": digests({path.name: text}), "rows": rows}


def take(of, asked):
    """Have the export and its ledger in the moment's folder; of which moment they are."""
    MOMENTS.mkdir(mode=0o700, exist_ok=True)
    folder = of.moment / "identity"
    folder.mkdir(mode=0o700, parents=True)
    at = realms.export(of.code, folder / "realm.json", asked)
    found = ledger_of(folder / "realm.json", of.name, at)
    write(of.moment / "ledger.json", json.dumps(found, sort_keys=True, indent=0) + "\n")
    return at
