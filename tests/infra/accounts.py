"""People, applications and the administration interface of a deployed sign-in server, for the tests."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioner.inventory.tree import ansible_root
from tests.browsing import Browser
from tests.deployed import Deployment, Site
from tests.signing_in import Application
from tests.towns import IDENTITY_DOMAIN

PROBE = Path(__file__).parent / "probes" / "keycloak_admin.py"
PASSWORD = "Une-longue-phrase-de-passe-9"
ELSEWHERE = "192.0.2.77"
"""An address that no administration network holds; a test lends it to the server."""


@dataclass(frozen=True)
class Person:
    """Somebody of a realm, with a password."""

    realm: str
    number: str
    username: str
    password: str = PASSWORD


class Accounts:
    """What tests do with the sign-in server of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        deployment.sh("cat > /root/nuage-test-keycloak.py", body=PROBE.read_bytes())

    def several(self, *requests: tuple[str, str, Any]) -> list[tuple[int, Any, float]]:
        """Requests to the administration interface, as deployments make them."""
        asked = json.dumps(requests).encode()
        answers = json.loads(self.deployment.sh("python3 /root/nuage-test-keycloak.py", body=asked))
        return [(status, answer, seconds) for status, answer, seconds in answers]

    def admin(self, verb: str, path: str, body: Any = None) -> Any:
        """One such request, which must succeed."""
        ((status, answer, _seconds),) = self.several((verb, path, body))
        assert status < 300, f"{verb} {path}: {status} {answer}"
        return answer

    def client(self, realm: str, name: str) -> dict[str, Any]:
        """A client's representation."""
        (found,) = self.admin("GET", f"/{realm}/clients?clientId={name}")
        return dict(found)

    def converge(self, town: Site, *words: str) -> str:
        """What plain Ansible says of the realm alone: the server and the applications are others' to test."""
        root = ansible_root()
        environment = {
            **self.deployment.environment,
            "ANSIBLE_CONFIG": str(root / "ansible.cfg"),
            "ANSIBLE_VAULT_PASSWORD_FILE": str(Path(sys.executable).parent / "nuage-vault-password"),
            "ANSIBLE_NOCOLOR": "1",
        }
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "build"]
        command += [str(root / "playbooks/tenants.yml"), "--limit", f"{town.code}-identity", *words]
        done = subprocess.run(
            command, cwd=self.deployment.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def browser(self, source: str = "") -> Browser:
        """Somebody's, without cookies."""
        status = self.deployment.lab.status()
        return Browser({IDENTITY_DOMAIN: str(status.hosts[0].address)}, str(status.acme_root), source)

    def console(self, town: Site) -> Application:
        """The administration console of a realm: a page in the browser."""
        address = f"https://{IDENTITY_DOMAIN}/admin/{town.code}/console/"
        return Application(town.code, "security-admin-console", address)

    @contextmanager
    def application(self, town: Site) -> Iterator[Application]:
        """An application that somebody made in the realm: what the deployment's own ones are is theirs to test."""
        name, secret = f"essai-{secrets.token_hex(3)}", secrets.token_hex(16)
        made = {
            "clientId": name,
            "secret": secret,
            "redirectUris": ["https://essai.example/retour"],
            "attributes": {"pkce.code.challenge.method": "S256"},
        }
        number = self.admin("POST", f"/{town.code}/clients", made)
        try:
            yield Application(town.code, name, "https://essai.example/retour", secret)
        finally:
            self.admin("DELETE", f"/{town.code}/clients/{number}")

    @contextmanager
    def person(self, town: Site, *groups: str) -> Iterator[Person]:
        """Somebody who has chosen a password."""
        username = f"essai.{secrets.token_hex(4)}"
        body = {
            "username": username,
            "email": f"{username}@{town.domain}",
            "firstName": "Essai",
            "lastName": "Tremblay",
            "enabled": True,
            "emailVerified": True,
            "groups": [f"/{group}" for group in groups],
            "credentials": [{"type": "password", "value": PASSWORD}],
        }
        number = self.admin("POST", f"/{town.code}/users", body)
        try:
            yield Person(town.code, number, username)
        finally:
            self.several(("DELETE", f"/{town.code}/users/{number}", None))

    @contextmanager
    def elsewhere(self) -> Iterator[str]:
        """An address of the server's own from which requests come that no administration network holds."""
        self.deployment.sh(f"ip address add {ELSEWHERE}/32 dev lo")
        try:
            yield ELSEWHERE
        finally:
            self.deployment.sh(f"ip address del {ELSEWHERE}/32 dev lo")

    def status_from(self, source: str, path: str) -> int:
        """Status of a page asked for on the server itself, from one of its addresses."""
        address = self.deployment.lab.status().hosts[0].address
        script = (
            "import http.client, socket, ssl, sys\n"
            "source, address, name, path = sys.argv[1:]\n"
            "trust = ssl.create_default_context()\n"
            "plain = socket.create_connection((address, 443), 20, (source, 0))\n"
            "connection = http.client.HTTPSConnection(name)\n"
            "connection.sock = trust.wrap_socket(plain, server_hostname=name)\n"
            "connection.request('GET', path)\n"
            "print(connection.getresponse().status)\n"
        )
        arguments = f"{source} {address} {IDENTITY_DOMAIN} '{path}'"
        return int(self.deployment.sh(f"python3 - {arguments}", body=script.encode()))
