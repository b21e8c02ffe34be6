# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keycloak's administration interface, over loopback, as the deployments' own service account."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from ansible_collections.nuage_commun.platform.plugins.module_utils.keycloak_compare import masked

BASE = "http://127.0.0.1:8080"
SECRET = Path("/etc/nuage/keycloak/admin-secret")
CLIENT = "nuage"
TIMEOUT_S = 120
EARLY_S = 10
"""How long before its end a token is taken for ended."""
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}
"""Loopback isn't what `sslRequired` is about; nginx says the same of what it passes on."""


class KeycloakError(Exception):
    """Keycloak refused, or isn't there; ``status`` is 0 where it gave no answer."""

    def __init__(self, message, status=0):
        super().__init__(message)
        self.status = status


def quoted(part):
    """A name as a part of a path."""
    return urllib.parse.quote(str(part), safe="")


class Admin:
    """Requests below ``/admin/realms``, one after the other."""

    def __init__(self, base=BASE, secret_file=SECRET):
        self._base, self._secret_file = base, Path(secret_file)
        self._token, self._ends = "", 0.0

    def get(self, path, **query):
        """What is there; None where nothing is."""
        return self._ask("GET", path, query=query)

    def post(self, path, body=None, **query):
        """The answer, or the id of what was made."""
        return self._ask("POST", path, body, query)

    def put(self, path, body=None, **query):
        return self._ask("PUT", path, body, query)

    def delete(self, path, body=None):
        return self._ask("DELETE", path, body)

    def _ask(self, verb, path, body=None, query=None):
        if masked(body):
            # Keycloak would take the mask for the secret, and whoever signs in with it would be locked out.
            raise KeycloakError(f"{verb} {path}: a masked secret would be written")
        asked = f"?{urllib.parse.urlencode(query)}" if query else ""
        request = urllib.request.Request(
            f"{self._base}/admin/realms{path}{asked}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self._bearer()}",
                "Content-Type": "application/json",
                **FORWARDED,
            },
            method=verb,
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                text = answer.read()
                made = answer.headers.get("Location", "")
        except urllib.error.HTTPError as error:
            if error.code == 404 and verb == "GET":
                return None
            raise KeycloakError(f"{verb} {path}: {error.code} {_words(error)}", error.code) from error
        except (OSError, ValueError) as error:
            raise KeycloakError(f"{verb} {path}: {error}") from error
        if text:
            return json.loads(text)
        return made.rpartition("/")[2]

    def _bearer(self):
        if time.monotonic() < self._ends - EARLY_S:
            return self._token
        try:
            secret = self._secret_file.read_text().strip()
        except OSError as error:
            raise KeycloakError(f"{self._secret_file}: {error.strerror}") from error
        form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": secret}
        request = urllib.request.Request(
            f"{self._base}/realms/master/protocol/openid-connect/token",
            data=urllib.parse.urlencode(form).encode(),
            headers=FORWARDED,
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                granted = json.load(answer)
        except urllib.error.HTTPError as error:
            raise KeycloakError(f"sign-in of {CLIENT}: {error.code} {_words(error)}", error.code) from error
        except (OSError, ValueError) as error:
            raise KeycloakError(f"Keycloak doesn't answer on {self._base}: {error}") from error
        self._token = granted["access_token"]
        self._ends = time.monotonic() + granted["expires_in"]
        return self._token


def _words(error):
    """Keycloak's own words of a refusal: a few, since an answer may hold what was sent."""
    try:
        said = json.loads(error.read())
    except (OSError, ValueError):
        return error.reason
    if not isinstance(said, dict):
        return error.reason
    return str(
        said.get("errorMessage") or said.get("error_description") or said.get("error") or error.reason
    )[:300]
