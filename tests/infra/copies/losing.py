"""A second real server of applications and accounts, with two municipalities on it, that is lost for good."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import yaml

from provisioner.lab import snapshots
from provisioner.lab.consortium import announce, fit
from tests.deployed import ABERCORN, HOST, LAB_DISK_GIB, Site, snapshot_name
from tests.keeping import Keeping

LOST = "srv2"
SUTTON = Site("sutton", "46058", "www.sutton.example", "on-demand", name="Sutton")
COWANSVILLE = Site(
    "cowansville",
    "46080",
    "www.cowansville.example",
    "on-demand",
    name="Cowansville",
    cloud="nuage.cowansville.example",
)
BOTH = (SUTTON, COWANSVILLE)
DOMAIN = "identite2.consortium.example"


class Losing:
    """The server while it runs, its loss, and how the deployment is made what it was."""

    def __init__(self, keeping: Keeping) -> None:
        self.keeping, self.here = keeping, keeping.deployment
        self.there = keeping.deployment.at(LOST)

    def add(self) -> None:
        """The host, its place in the spec, and both municipalities living there."""
        lab, folder = self.here.lab, self.here.folder
        if LOST not in {host.name for host in lab.status().hosts}:
            kept = snapshots.find(snapshot_name())
            if kept is not None and kept.network == lab.status().network:
                lab.up((LOST,), snapshot=kept.name)
            else:
                lab.up((LOST,), disk_gib=LAB_DISK_GIB)
        if LOST not in {server["id"] for server in self._spec()["servers"]}:
            first = next(server for server in self._spec()["servers"] if server["id"] == HOST)
            other = first | {"id": LOST, "fault_domain": "sherbrooke-b", "identity_domain": DOMAIN}
            self.change(servers=[*self._spec()["servers"], other])
            fit(folder, lab.status(), lab.paths.private_key.with_suffix(".pub").read_text("ascii"))
        if not (folder / "tenants" / f"{SUTTON.slug}.yml").exists():
            self.server(HOST, closed=True)
            self._arrive()
            self.server(HOST, closed=False)
        self.here.nuage("apply", "--yes")

    def _arrive(self) -> None:
        tenants = self.here.folder / "tenants"
        model = yaml.safe_load((tenants / f"{ABERCORN.slug}.yml").read_text("utf-8"))
        for site in BOTH:
            names = {"website": site.domain, "website_aliases": [site.domain.removeprefix("www.")]}
            domains = names | ({"nextcloud": site.cloud} if site.cloud else {})
            asked = model | {
                "code": site.code,
                "name": site.name,
                "state": "requested",
                "history": model["history"][:1],
            }
            asked |= {"services": site.services, "domains": domains}
            text = yaml.safe_dump(asked, allow_unicode=True, sort_keys=False)
            (tenants / f"{site.slug}.yml").write_text(text, "utf-8")
            self.here.nuage("request", "approve", site.slug)
        announce(self.here.lab, self.here.folder)
        self.here.nuage("apply", "--yes")

    def remove(self) -> None:
        """Neither the server nor its municipalities."""
        for site in BOTH:
            (self.here.folder / "tenants" / f"{site.slug}.yml").unlink(missing_ok=True)
        consent = [word for site in BOTH for word in ("--consent-remove", site.code)]
        self.here.nuage("apply", "--yes", *consent)
        self.change(servers=[each for each in self._spec()["servers"] if each["id"] != LOST])
        self.here.nuage("apply", "--yes")
        self.here.lab.remove_host(LOST)
        announce(self.here.lab, self.here.folder)

    # What is so

    def lose(self) -> None:
        """Its power goes, a person says that it won't come back, and the names lead to the other server."""
        self.here.lab.kill(LOST)
        self.server(LOST, lost=True)
        names = {name: str(address) for name, address in self.here.lab.status().names.items()}
        moved = {
            name for site in BOTH for name in (site.domain, site.domain.removeprefix("www."), site.cloud)
        }
        self.here.lab.set_names(names | dict.fromkeys(moved - {""}, self.here.address))

    def server(self, name: str, **fields: Any) -> None:
        """Other fields of one of the servers."""
        servers = [each | fields if each["id"] == name else each for each in self._spec()["servers"]]
        self.change(servers=servers)

    def change(self, **fields: Any) -> None:
        """Other fields of consortium.yml."""
        text = yaml.safe_dump(self._spec() | fields, allow_unicode=True, sort_keys=False)
        self.keeping.path.write_text(text, "utf-8")

    def _spec(self) -> dict[str, Any]:
        return dict(yaml.safe_load(self.keeping.path.read_text("utf-8")))

    def placed(self) -> dict[str, str]:
        """Server by inventory host."""
        lock = yaml.safe_load((self.here.folder / "placement.lock.yml").read_text("utf-8"))
        return {host: one["server"] for host, one in lock["placements"].items()}

    def noted(self) -> list[dict[str, Any]]:
        """What the record of rebuilds has."""
        text = (self.here.folder / "rebuilds.log.jsonl").read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def rebuild(self, *words: str, code: int = 0, **environment: str) -> dict[str, Any]:
        """`nuage rebuild`, as it says it to programs."""
        command = ("rebuild", LOST, "--consent-rebuild", LOST, "--json", *words)
        return dict(json.loads(self.here.nuage(*command, code=code, **environment).stdout or "{}"))

    def put(self, site: Site, name: str, text: str) -> None:
        """A file of its website."""
        path = f"/srv/tenants/{site.user}/wordpress/wp-content/uploads/{name}"
        script = f"cat > {path}; chown {site.user}:www-data {path}; chmod 0640 {path}"
        self.there.sh(script, body=text.encode())


def kill(process: subprocess.Popen[str]) -> None:
    """The control machine's power goes: nothing of the run is left."""
    process.kill()
    process.communicate(timeout=60)
