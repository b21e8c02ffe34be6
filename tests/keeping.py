"""A second real host, at another site, that keeps copies: added to the session's deployment, and taken away again."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import yaml

from provisioner.lab.consortium import fit
from tests.deployed import LAB_DISK_GIB, Deployment, Site, _quoted

KEEPER = "garde1"
SITE = "quebec"


class Keeping:
    """The keeper, as root, and what the deployment says of copies."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.path = deployment.folder / "consortium.yml"
        self.before = self.path.read_bytes()

    def add(self) -> None:
        """The host, its place in the spec, and copies of everybody prepared."""
        if KEEPER not in {host.name for host in self.deployment.lab.status().hosts}:
            self.deployment.lab.up((KEEPER,), disk_gib=LAB_DISK_GIB)
        spec = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        if KEEPER not in {server["id"] for server in spec["servers"]}:
            template = dict(spec["servers"][0])
            template.pop("identity_domain")
            spec["servers"].append(
                template | {"id": KEEPER, "site": SITE, "roles": ["backup"], "fault_domain": "quebec-a"}
            )
            self.path.write_text(yaml.safe_dump(spec, allow_unicode=True, sort_keys=False), encoding="utf-8")
            key = self.deployment.lab.paths.private_key.with_suffix(".pub").read_text("ascii")
            fit(self.deployment.folder, self.deployment.lab.status(), key)
        self.deployment.nuage("apply", "--yes")

    def remove(self) -> None:
        """As it was: no keeper, and no trace of one on the server."""
        self.path.write_bytes(self.before)
        self.deployment.nuage("apply", "--yes")
        self.deployment.lab.remove_host(KEEPER)

    def sh(self, script: str, *, code: int | None = 0) -> str:
        """The output of a script that root runs on the keeper."""
        command = self.deployment.lab.ssh_command(KEEPER, ["bash", "-euo", "pipefail", "-c", _quoted(script)])
        done = subprocess.run(command, capture_output=True, check=False, timeout=600)
        output = done.stdout.decode(errors="replace")
        assert code is None or done.returncode == code, (
            f"{script}\n{output}\n{done.stderr.decode(errors='replace')}"
        )
        return output

    def backup(self, *sites: Site) -> dict[str, Any]:
        """`nuage backup`, as it says it to programs."""
        shown = self.deployment.nuage("backup", *(site.slug for site in sites), "--json").stdout
        return dict(json.loads(shown))

    def copies(self, site: Site) -> list[dict[str, Any]]:
        """Those of a municipality's applications, the newest last."""
        shown = json.loads(self.deployment.nuage("backup", "list", site.slug, "--json").stdout)
        host = f"{site.code}-apps"
        return [one for one in shown[host] if one["hostname"] == host]


def state_of(deployment: Deployment, name: str) -> dict[str, Any]:
    """What the server noted of the last backup."""
    return dict(json.loads(deployment.sh(f"cat /var/lib/nuage/backup/{name}.json")))
