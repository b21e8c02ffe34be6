"""A second real host of applications, added to the session's deployment, and taken away again; and ways to compare."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import yaml

from provisioner.lab.consortium import announce, fit
from tests.deployed import LAB_DISK_GIB, Deployment, Site, _quoted

OTHER = "srv2"
HERE = {
    "files": "cd /srv/tenants/{user} && find . -xdev \\( -path ./tmp -o -path ./cache \\) -prune -o -type f -print0"
    " | sort -z | xargs -0 sha256sum | sha256sum",
    "owners": "cd /srv/tenants/{user} && find . -xdev \\( -path ./tmp -o -path ./cache \\) -prune -o"
    " -printf '%p %U %G %m %y\\n' | sort | sha256sum",
    "rows": "mariadb --batch --skip-column-names {user} -e 'CHECKSUM TABLE wp_posts, wp_users' | cut -f2",
}
"""What is the same at both ends; the tables are those that nobody writes by looking at a page."""


class Moving:
    """Two servers of applications."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.path = deployment.folder / "consortium.yml"
        self.before = self.path.read_bytes()

    def add(self) -> None:
        """The host, its place in the spec, and its layer."""
        if OTHER not in {host.name for host in self.deployment.lab.status().hosts}:
            self.deployment.lab.up((OTHER,), disk_gib=LAB_DISK_GIB)
        spec = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        if OTHER not in {server["id"] for server in spec["servers"]}:
            template = {**spec["servers"][0], "id": OTHER, "roles": ["apps"]}
            template.pop("identity_domain", None)
            spec["servers"].append(template)
            self.path.write_text(yaml.safe_dump(spec, allow_unicode=True, sort_keys=False), encoding="utf-8")
            key = self.deployment.lab.paths.private_key.with_suffix(".pub").read_text("ascii")
            fit(self.deployment.folder, self.deployment.lab.status(), key)
        self.deployment.nuage("apply", "--yes")

    def remove(self) -> None:
        """As it was: one server."""
        self.path.write_bytes(self.before)
        self.deployment.nuage("apply", "--yes")
        self.deployment.lab.remove_host(OTHER)

    def sh(self, server: str, script: str, *, code: int | None = 0) -> str:
        """The output of a script that root runs on one of them."""
        command = self.deployment.lab.ssh_command(server, ["bash", "-euo", "pipefail", "-c", _quoted(script)])
        done = subprocess.run(command, capture_output=True, check=False, timeout=600)
        said = f"{script}\n{done.stdout.decode(errors='replace')}\n{done.stderr.decode(errors='replace')}"
        assert code is None or done.returncode == code, said
        return done.stdout.decode(errors="replace")

    def seen(self, server: str, site: Site) -> dict[str, str]:
        """What the municipality has there, in digests."""
        return {name: self.sh(server, script.format(user=site.user)) for name, script in HERE.items()}

    def move(self, site: Site, server: str, *, code: int = 0) -> dict[str, Any]:
        """`nuage move`, as it says it to programs; names then lead there."""
        words = ("move", site.slug, server, "--consent-move", site.code, "--json")
        shown = self.deployment.nuage(*words, code=code).stdout
        announce(self.deployment.lab, self.deployment.folder)
        return dict(json.loads(shown)) if code == 0 else {}

    def forget(self, site: Site) -> None:
        """The old copy goes."""
        self.deployment.nuage("move", site.slug, "--forget", "--consent-forget", site.code)

    def found(self, server: str, site: Site) -> str:
        """Whatever a server still has of a municipality, in its own words."""
        return self.sh(
            server,
            f"find / -xdev -name '*{site.code}*' -not -path '/proc/*' -not -path '/sys/*' -not -path '/root/.ansible/*'"
            f" -not -path '/var/log/*'; ls -d /srv/*/*{site.code}* 2>/dev/null || true;"
            f" getent passwd {site.user} || true; nft list table inet nuage | grep -o 't{site.code}[a-z_]*' || true;"
            f" systemctl list-units --all --plain --no-legend 'nuage*{site.code}*' | cut -d' ' -f1",
        ).strip()

    def answer(self, server: str, site: Site) -> int:
        """Status of the front page, asked of that server from outside."""
        from provisioner.verification import web

        status = self.deployment.lab.status()
        address = next(str(host.address) for host in status.hosts if host.name == server)
        return web.get(site.domain, address, "/", authority=str(status.acme_root), timeout=60).status
