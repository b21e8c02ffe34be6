"""On the sign-in server: does what standard input asks of Keycloak's administration interface, and prints the answers.

A list of [verb, path below /admin/realms, body] in; a list of [status, answer or id of what was made, seconds] out.
"""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

BASE = "http://127.0.0.1:8080"
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}
SECRET = Path("/etc/nuage/keycloak/admin-secret")
LIFE_S = 45


def token():
    form = {
        "grant_type": "client_credentials",
        "client_id": "nuage",
        "client_secret": SECRET.read_text().strip(),
    }
    address = f"{BASE}/realms/master/protocol/openid-connect/token"
    request = urllib.request.Request(address, urllib.parse.urlencode(form).encode(), FORWARDED)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["access_token"]


def ask(bearer, verb, path, body):
    headers = {**FORWARDED, "Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{BASE}/admin/realms{path}", data, headers, method=verb)
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            text, made = answer.read(), answer.headers.get("Location", "").rpartition("/")[2]
            return answer.status, json.loads(text) if text else made
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def main():
    answers, bearer, since = [], token(), time.monotonic()
    for verb, path, body in json.load(sys.stdin):
        if time.monotonic() - since > LIFE_S:
            bearer, since = token(), time.monotonic()
        began = time.monotonic()
        status, answer = ask(bearer, verb, path, body)
        answers.append([status, answer, time.monotonic() - began])
    json.dump(answers, sys.stdout)


main()
