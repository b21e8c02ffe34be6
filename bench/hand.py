"""A municipality made by hand: what the shell scripts are given, and what they take."""

from __future__ import annotations

import json
import os
from pathlib import Path

from bench.stage import Stage, timed
from provisioner.spec.tenant import Tenant
from tests.deployed import Site

ETC = (
    "etc/wordpress",
    "etc/nuage",
    "etc/nginx/nuage.d",
    "etc/nginx/nuage-identity.d",
    "etc/nftables.d/tenants",
    "etc/systemd/system",
)


def names(tenant: Tenant) -> tuple[str, ...]:
    """Its domains, in the scripts' order."""
    domains = tenant.domains
    return tuple(name for name in (domains.website, *domains.website_aliases, domains.nextcloud) if name)


class Hand:
    """The municipality that `nuage` knows nothing of, and `by_hand.sh`, which makes it."""

    script = Path(__file__).with_name("by_hand.sh")

    def __init__(self, stage: Stage, site: Site | None = None) -> None:
        self.stage, self.site = stage, site or stage.made_by_hand
        self.tenant = stage.specs[self.site]
        self.folder = stage.folder.with_name(f"by-hand-{self.site.code}")

    def files(self) -> None:
        """Its finished files, as a person has them ready: the first municipality's, with other names."""
        code = self.stage.first.code
        places = " ".join(ETC)
        # Not all of these are there on a server of websites.
        found = self.stage.sh(f"cd /; find {places} -type f -name '*{code}*' 2>/dev/null || true")
        for name in found.split():
            self.finish(name, self.stage.sh(f"cat /{name}"))

    def finish(self, name: str, text: str) -> None:
        """One of them, from the first municipality's."""
        first, site = self.stage.first, self.site
        pairs = [*zip(names(self.stage.specs[first]), names(self.tenant), strict=True)]
        pairs += [(first.code, site.code), (str(first.uid), str(site.uid))]
        for old, new in sorted(pairs, key=lambda pair: -len(pair[0])):
            text = text.replace(old, new)
        target = self.folder / "files" / name.replace(first.code, site.code)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def run(self) -> float:
        """Seconds that the script takes, whole."""
        status = self.stage.lab.status()
        told = names(self.tenant)
        self.stage.lab.set_names({**status.names, **dict.fromkeys(told, self.stage.address)})
        configuration = self._ssh_config()
        environment = {
            **os.environ,
            "SSH_CONFIG": str(configuration),
            "FILES": str(self.folder / "files"),
            "STATE": str(self.folder),
            "DIRECTORY": status.acme_directory,
            "AUTHORITY": str(status.acme_root),
            **self.inputs(),
        }
        spent, _ = timed([str(self.script), self.site.code, *told], environment)
        timed(["ssh", "-F", str(configuration), "-O", "exit", "server"], environment)
        return spent.wall

    def inputs(self) -> dict[str, str]:
        """What the script reads besides."""
        return {"SITE": self.written("site.json", request(self.site.code, self.tenant))}

    def written(self, name: str, content: object) -> str:
        """The path of a file with this content."""
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)

    def _ssh_config(self) -> Path:
        """One connection for all of it."""
        sockets = self.folder / "ssh"
        sockets.mkdir(exist_ok=True, mode=0o700)
        options = {
            "HostName": self.stage.address,
            "User": "root",
            "IdentityFile": self.stage.lab.paths.private_key,
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": self.stage.lab.paths.known_hosts,
            "ControlMaster": "auto",
            "ControlPath": sockets / "%h",
            "ControlPersist": "20s",
            "LogLevel": "ERROR",
        }
        lines = ["Host server", *(f"    {name} {value}" for name, value in options.items())]
        path = self.folder / "ssh_config"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path


def request(code: str, tenant: Tenant) -> dict[str, object]:
    """What site.php reads for it."""
    administrator, privacy = tenant.contacts.administrator, tenant.contacts.privacy_officer
    return {
        "code": code,
        "domain": tenant.domains.website,
        "title": tenant.name,
        "designation": tenant.designation,
        "language": "fr",
        "timezone": "America/Toronto",
        "admin": {
            "user": f"admin-{code}",
            "name": administrator.name,
            "email": administrator.email,
            "password": "by-hand-by-hand-by-hand",
        },
        "contacts": {
            "telephone": "",
            "email": administrator.email,
            "privacy_name": privacy.name,
            "privacy_email": privacy.email,
        },
        "check": False,
    }
