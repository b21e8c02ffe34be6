"""Requests to one Nextcloud and files of 100 MB over WebDAV: by its unit, and by plain PHP-FPM.

"Plain" is PHP-FPM started by hand, of the same configuration, code and account, without a sandbox. Both are behind the
same nginx. Once awake, an instance on demand is served as a resident one is: nginx asks the same socket.
"""

from __future__ import annotations

import base64
import http.client
import os
import secrets
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench import figures
from bench.full_stage import FullStage
from bench.stage import Stage
from bench.ways import Ways, turned

ROUNDS_FIRST = 9
ROUNDS_WARM = 6
ROUNDS_FILES = 5
AT_ONCE = 4
REQUESTS = 15
MEGABYTES = 100
PAGE = "/index.php/login?direct=1"
"""A whole page that somebody without a session sees."""
OCC = """
user=$1; shift
read -r OC_PASS
export OC_PASS NC_PASS=$OC_PASS PHP_INI_SCAN_DIR=:/etc/nuage/php/nextcloud.d
export NEXTCLOUD_CONFIG_DIR=/srv/tenants/$user/nextcloud/config
tree=$(sed -n s/^NUAGE_TREE=//p /etc/nuage/nextcloud/${user:1}.env)
setpriv --reuid "$user" --regid "$user" --clear-groups php "$tree/occ" "$@"
"""


def run(stage: Stage) -> None:
    """All of it, of the first municipality."""
    if not isinstance(stage, FullStage):
        raise TypeError("another server than one with everything")
    figures.title("Nextcloud")
    site = stage.first
    ways = Ways(stage, site, "nextcloud", site.cloud, PAGE)
    with ways.open():
        ways.first(stage.address, ROUNDS_FIRST)
        with ways.plain(), somebody(stage) as header:
            warm(ways)
            files(ways, header)


def names(ways: Ways) -> dict[str, str]:
    """What is compared, and the name that each is asked under."""
    return {"unit": ways.domain, "plain": ways.by_hand}


def warm(ways: Ways) -> None:
    """Against plain PHP-FPM."""
    middle, worst = ways.warm(names(ways), AT_ONCE, REQUESTS, ROUNDS_WARM)
    for what, values, reach in (("median", middle, "<= 1.10 x"), ("p99", worst, "")):
        show(f"warm, {AT_ONCE} at once, {what}", values, reach)


def show(what: str, values: dict[str, list[float]], reach: str) -> None:
    """The unit's figure beside plain PHP-FPM's."""
    compared = f"plain: {figures.seconds(values['plain'])}, {figures.ratio(values['unit'], values['plain'])}"
    figures.show(what, figures.seconds(values["unit"]), compared, reach)


def files(ways: Ways, header: dict[str, str]) -> None:
    """Up and down again, another way first each time."""
    chosen = names(ways)
    body = os.urandom(MEGABYTES * 1_000_000)
    up: dict[str, list[float]] = {name: [] for name in chosen}
    down: dict[str, list[float]] = {name: [] for name in chosen}
    for number in range(ROUNDS_FILES):
        for name in turned(list(chosen), number):
            up[name].append(transfer(ways, chosen[name], "PUT", header, body))
            down[name].append(transfer(ways, chosen[name], "GET", header))
            transfer(ways, chosen[name], "DELETE", header)
    for what, values in (("upload", up), ("download", down)):
        show(f"{MEGABYTES} MB {what}", values, "<= 1.05 x")


def transfer(ways: Ways, domain: str, method: str, header: dict[str, str], body: bytes = b"") -> float:
    """Seconds from the connection to the last byte."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    began = time.perf_counter()
    connection = http.client.HTTPSConnection(domain, context=context, timeout=300)
    plain = socket.create_connection((ways.stage.address, 443))
    connection.sock = context.wrap_socket(plain, server_hostname=domain)
    try:
        connection.request(
            method, f"/remote.php/dav/files/{header['X-Name']}/bench.bin", body or None, header
        )
        answer = connection.getresponse()
        size = 0
        while part := answer.read(1 << 20):
            size += len(part)
        if answer.status >= 300 or (method == "GET" and size != MEGABYTES * 1_000_000):
            raise SystemExit(f"{method} {domain}: {answer.status}, {size} bytes")
    finally:
        connection.close()
    return time.perf_counter() - began


@contextmanager
def somebody(stage: FullStage) -> Iterator[dict[str, str]]:
    """Headers of a person with an account of Nextcloud's own, and a password for programs."""
    name, password = f"bench-{secrets.token_hex(4)}", secrets.token_urlsafe(24)
    occ(stage, "user:add", "--password-from-env", name, password=password)
    try:
        token = occ(stage, "user:auth-tokens:add", "--password-from-env", name, password=password).split()[-1]
        both = base64.b64encode(f"{name}:{token}".encode()).decode()
        yield {"Authorization": f"Basic {both}", "X-Name": name}
    finally:
        occ(stage, "user:delete", name)


def occ(stage: FullStage, *words: str, password: str = "") -> str:
    """What an `occ` of the first municipality prints."""
    script = f"bash -euo pipefail -c '{OCC}' occ {stage.first.user} {' '.join(words)}"
    return stage.sh(script, body=f"{password}\n".encode())
