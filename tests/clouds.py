"""A municipality's Nextcloud as the tests use it: its own programs, a person of theirs, and requests."""

from __future__ import annotations

import base64
import secrets
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any

from tests.deployed import Deployment, Site

OCC = """
import subprocess, sys
sys.path.insert(0, "/root")
code, words = sys.argv[1], sys.argv[2:]
unit = open("/etc/systemd/system/nuage-nextcloud-cron@.service").read()
section, properties = "", []
for line in unit.splitlines():
    section = line if line.startswith("[") else section
    name, equals, _ = line.partition("=")
    left = name in ("Type", "ExecStart", "TimeoutStartSec", "SyslogIdentifier")
    ours = section == "[Service]" or name in ("After", "Wants")
    if ours and equals and not line.startswith("#") and not left:
        properties.append("--property=" + line.replace("%i", code))
lines = open(f"/etc/nuage/nextcloud/{code}.env").read().splitlines()
settings = dict(line.split("=", 1) for line in lines if "=" in line)
run = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--setenv=OC_PASS", "--setenv=NC_PASS"]
sys.exit(subprocess.call([*run, *properties, "--", "/usr/bin/php", settings["NUAGE_TREE"] + "/occ", *words]))
"""


@dataclass(frozen=True)
class Person:
    """A local account that a test made, and its password for programs."""

    name: str
    password: str

    @property
    def header(self) -> dict[str, str]:
        both = base64.b64encode(f"{self.name}:{self.password}".encode()).decode()
        return {"Authorization": f"Basic {both}"}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Cloud:
    """One municipality's Nextcloud."""

    deployment: Deployment
    site: Site

    @property
    def home(self) -> str:
        return f"/srv/tenants/{self.site.user}/nextcloud"

    @property
    def door(self) -> str:
        return f"/run/nuage/nextcloud-{self.site.code}.sock"

    def occ(self, *words: str, code: int | None = 0, password: str = "") -> str:
        """What an `occ` of the municipality prints, in its own sandbox."""
        self.deployment.sh("cat > /root/nuage-test-occ.py", body=OCC.encode())
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
        script = "read -r OC_PASS || true; export OC_PASS; export NC_PASS=$OC_PASS;"
        script += f" python3 /root/nuage-test-occ.py {self.site.code} {quoted} </dev/null"
        return self.deployment.sh(script, code=code, body=f"{password}\n".encode())

    @contextmanager
    def person(self) -> Iterator[Person]:
        """Somebody with an account of Nextcloud's own, as break-glass makes them, who is gone afterwards."""
        name, password = f"test-{secrets.token_hex(4)}", secrets.token_urlsafe(24)
        self.occ("user:add", "--password-from-env", name, password=password)
        try:
            said = self.occ("user:auth-tokens:add", "--password-from-env", name, password=password)
            yield Person(name, said.strip().splitlines()[-1])
        finally:
            self.occ("user:delete", name, code=None)

    def ask(
        self,
        method: str,
        path: str,
        *,
        person: Person | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request, the certificate checked; redirections are not followed."""
        status = self.deployment.lab.status()
        context = ssl.create_default_context(cafile=str(status.acme_root))
        connection = Through(self.deployment.address, self.site.cloud, context)
        try:
            sent = {**(person.header if person else {}), **(headers or {})}
            connection.request(method, path, body=body or None, headers=sent)
            answer: HTTPResponse = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def file(self, person: Person, name: str) -> str:
        return f"/remote.php/dav/files/{person.name}/{name}"

    def php(self, script: Path | str, value: Mapping[str, Any] | None = None) -> Any:
        """What a PHP program prints as JSON in the municipality's real unit of Nextcloud, past nginx."""
        return self.deployment.php_at(self.site, self.door, script, value)


class Through(HTTPSConnection):
    """To a server by its address, by a name that only the lab's resolver knows."""

    def __init__(self, address: str, name: str, context: ssl.SSLContext) -> None:
        super().__init__(name, context=context, timeout=300)
        self._address, self._tls = address, context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, 443), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
