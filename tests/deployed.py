"""A real deployment for the tests: one server of the lab, three websites of the example on it, and two municipalities
that have all the services whose archives this machine has.

The server is made from a snapshot where the cache has one of the same server layer, else from nothing.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from provisioner.artifacts import lockfile
from provisioner.lab import snapshots
from provisioner.lab.base import RECIPE
from provisioner.lab.consortium import announce, fit
from provisioner.lab.lab import Lab
from provisioner.verification import web
from tests.towns import (
    ABERCORN,
    ARCHIVES,
    DUNHAM,
    FRELIGHSBURG,
    GARDIEN,
    IDENTITY_DOMAIN,
    ILES,
    SITES,
    TOWNS,
    Site,
    need,
)
from tests.vouching import TOWN_HALL

__all__ = [
    "ABERCORN",
    "DUNHAM",
    "FRELIGHSBURG",
    "GARDIEN",
    "ILES",
    "SITES",
    "TOWNS",
    "Deployment",
    "Site",
    "deploy",
    "need",
]

ROOT = Path(__file__).parent.parent
PROGRAMS = Path(sys.executable).parent
HOST = "srv1"
SERVER_LAYER = ("roles/server_*/**/*", "plugins/**/*.py", "playbooks/servers.yml", "provisioner/lab/host.py")
LAB_DISK_GIB = 20
VANTAGE = "universite"
"""The example's vantage point."""


def snapshot_name() -> str:
    """Changes with anything that makes a prepared server what it is."""
    seen = hashlib.sha256(json.dumps(RECIPE, sort_keys=True).encode())
    seen.update(json.dumps({name: pin.sha256 for name, pin in ARCHIVES.items()}).encode())
    for pattern in SERVER_LAYER:
        for path in sorted(path for path in ROOT.glob(pattern) if path.is_file() and path.suffix != ".pyc"):
            seen.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return f"prepared-{seen.hexdigest()[:12]}"


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.2)


class Deployment:
    """A consortium's folder and the lab that it is deployed on."""

    def __init__(self, folder: Path, lab: str, sites: tuple[Site, ...] = (*SITES, *TOWNS)) -> None:
        self.folder, self.sites = folder, sites
        self.host = HOST
        self.lab = Lab(lab, report=lambda key, **context: print(f"lab: {key} {context}", file=sys.stderr))
        self.environment = {
            **os.environ,
            "NUAGE_CONSORTIUM": str(folder),
            "NUAGE_DATA": str(folder / "data"),
            "NUAGE_LANG": "en",
            "NUAGE_VAULT_PASSWORD_FILE": str(folder / "vault-password"),
            "ANSIBLE_PRIVATE_KEY_FILE": str(self.lab.paths.private_key),
            "PATH": f"{PROGRAMS}:{os.environ.get('PATH', '/usr/bin:/bin')}",
        }

    # Making it

    def start_lab(self) -> bool:
        """The lab, from nothing; whether its server was made from a snapshot."""
        self.lab.down()
        kept = snapshots.find(snapshot_name())
        if kept is None:
            self.lab.up((HOST,), disk_gib=LAB_DISK_GIB)
            return False
        self.lab.up((HOST,), snapshot=kept.name)
        return True

    def write_consortium(self) -> None:
        """The example, with one server, websites alone and small disks, fitted to the lab."""
        example = ROOT / "inventories" / "example"
        shutil.copytree(example, self.folder, ignore=shutil.ignore_patterns("build", "*.lock.yml", "runs"))
        path = self.folder / "consortium.yml"
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))
        (server,) = spec["servers"] = [each for each in spec["servers"] if each["id"] == HOST]
        server |= {"roles": ["apps", "identity"], "identity_domain": IDENTITY_DOMAIN}
        (point,) = spec["audit"]["vantage_points"]
        point["public_key"] = self.vantage_key()
        spec["identity_authorities"] = [TOWN_HALL.name]
        TOWN_HALL.make(self.folder)
        path.write_text(yaml.safe_dump(spec, allow_unicode=True, sort_keys=False), encoding="utf-8")
        model = yaml.safe_load((self.folder / "tenants" / f"{ABERCORN.slug}.yml").read_text(encoding="utf-8"))
        for tenant in (self.folder / "tenants").glob("*.yml"):
            if tenant.stem not in {site.slug for site in self.sites}:
                tenant.unlink()
        for site in self.sites:
            if site.name:
                self._write(site, model | {"code": site.code, "name": site.name})
            names = {"website": site.domain, "website_aliases": [site.domain.removeprefix("www.")]}
            domains = names | ({"nextcloud": site.cloud} if site.cloud else {})
            self.change(site, services=site.services, language=site.language, domains=domains)
        password = self.folder / "vault-password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(32) + "\n", encoding="ascii")
        fit(self.folder, self.lab.status(), self.lab.paths.private_key.with_suffix(".pub").read_text("ascii"))
        self.nuage("artifacts", "fetch", "keycloak")
        lockfile.write(self.folder, ARCHIVES.values())
        # The server's own certificate is asked for before any municipality is there.
        announce(self.lab, self.folder)

    def vantage_key(self) -> str:
        """Public key of this machine as the only vantage point of audits; the private one lies beside the specs."""
        path = self.folder / VANTAGE
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True)
        return path.with_suffix(".pub").read_text("ascii").strip()

    def prepare_server(self) -> None:
        """The server layer alone, with what approved municipalities ask of it, as the guide does without `nuage`; and a
        snapshot for whoever comes next."""
        self.nuage("build")
        environment = {
            **self.environment,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_VAULT_PASSWORD_FILE": str(PROGRAMS / "nuage-vault-password"),
            "LC_ALL": "C.UTF-8",
        }
        command = [PROGRAMS / "ansible-playbook", "-i", self.folder / "build", ROOT / "playbooks/servers.yml"]
        done = subprocess.run(
            command,
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        for old in snapshots.folder().glob("prepared-*.json"):
            snapshots.remove(old.stem)
        # Whoever begins with it converges it, which starts Keycloak as that one wants it: not twice.
        self.sh("systemctl disable nuage-identity.service")
        self.lab.snapshot(HOST, snapshot_name())
        self.sh("systemctl enable --now --no-block nuage-identity.service")

    def approve(self) -> None:
        for site in self.sites:
            self.nuage("request", "approve", site.slug)
        announce(self.lab, self.folder)

    # Using it

    def at(self, host: str) -> Deployment:
        """The same, where another of its servers is meant."""
        there = copy.copy(self)
        there.host = host
        return there

    @property
    def address(self) -> str:
        """Of the server that is meant."""
        return next(str(each.address) for each in self.lab.status().hosts if each.name == self.host)

    def change(self, site: Site, **fields: Any) -> None:
        """Write other values in a municipality's spec."""
        path = self.folder / "tenants" / f"{site.slug}.yml"
        self._write(site, yaml.safe_load(path.read_text(encoding="utf-8")) | fields)

    def _write(self, site: Site, spec: Mapping[str, Any]) -> None:
        path = self.folder / "tenants" / f"{site.slug}.yml"
        path.write_text(yaml.safe_dump(dict(spec), allow_unicode=True, sort_keys=False), encoding="utf-8")

    def contact(self, site: Site, telephone: str) -> None:
        """A change that every layer of the municipality's site takes part in."""
        path = self.folder / "tenants" / f"{site.slug}.yml"
        contacts = yaml.safe_load(path.read_text(encoding="utf-8"))["contacts"]
        contacts["administrator"]["telephone"] = telephone
        self.change(site, contacts=contacts)

    def begin(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """A `nuage` command that runs while the test does something else."""
        return subprocess.Popen(
            [PROGRAMS / "nuage", *words],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def nuage(self, *words: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """A `nuage` command as a person types it, which must end with this exit code."""
        process = self.begin(*words, **environment)
        output, errors = process.communicate(timeout=900)
        said = f"nuage {' '.join(words)}: {process.returncode}, not {code}\n{output}\n{errors}"
        assert process.returncode == code, said
        return subprocess.CompletedProcess(words, process.returncode, output, errors)

    def apply(self, *words: str) -> dict[str, Any]:
        """What `nuage apply` did, as it says it to programs."""
        return dict(json.loads(self.nuage("apply", "--yes", "--json", *words).stdout))

    def sh(self, script: str, *, code: int | None = 0, body: bytes | None = None) -> str:
        """The output of a script that root runs on the server; ``code`` None accepts any."""
        command = self.lab.ssh_command(self.host, ["bash", "-euo", "pipefail", "-c", _quoted(script)])
        done = subprocess.run(command, input=body or b"", capture_output=True, check=False, timeout=600)
        output = done.stdout.decode(errors="replace")
        assert code is None or done.returncode == code, (
            f"{script}\n{output}\n{done.stderr.decode(errors='replace')}"
        )
        return output

    def php(self, site: Site, script: Path | str, value: Mapping[str, Any] | None = None) -> Any:
        """What a PHP program prints as JSON in a municipality's real unit, past nginx."""
        return self.php_at(site, site.door, script, value)

    def php_at(
        self, site: Site, door: str, script: Path | str, value: Mapping[str, Any] | None = None
    ) -> Any:
        """The same through the door of another of its services."""
        text = script.read_text(encoding="utf-8") if isinstance(script, Path) else f"<?php\n{script}\n"
        # Out of the municipality's own place, which may be full.
        target = f"/usr/local/share/nuage-test-{secrets.token_hex(4)}.php"
        self.sh(f"install -m 0440 -g {site.user} /dev/stdin {target}", body=text.encode())
        try:
            output = self.sh(
                f"python3 /root/nuage-test-fastcgi.py {door} {target}",
                body=json.dumps(value or {}).encode(),
            )
        finally:
            self.sh(f"rm -f {target}")
        return json.loads(output)

    def get(self, site: Site, path: str = "/", *, timeout: float = 60) -> web.Answer:
        """A citizen's request, the certificate checked."""
        authority = str(self.lab.status().acme_root)
        return web.get(site.domain, self.address, path, authority=authority, timeout=timeout)

    def answers(self, *sites: Site) -> None:
        """Every one of these sites shows its front page."""
        for site in sites or self.sites:
            assert self.get(site).status == 200, site.domain

    def processes(self, site: Site) -> list[str]:
        return self.sh(f"ps -o pid=,args= -u {site.uid} || true").splitlines()


def _quoted(script: str) -> str:
    return "'" + script.replace("'", "'\\''") + "'"


def deploy(folder: Path, lab: str) -> Deployment:
    """All of it, up to three websites that answer; what is there already stays."""
    deployment = Deployment(folder, lab)
    if (folder / "build").is_dir():
        return deployment
    prepared = deployment.start_lab()
    deployment.write_consortium()
    deployment.approve()
    if not prepared:
        deployment.prepare_server()
    deployment.nuage("apply", "--yes")
    probes = Path(__file__).parent / "infra" / "probes"
    deployment.sh("cat > /root/nuage-test-fastcgi.py", body=(probes / "fastcgi.py").read_bytes())
    return deployment
