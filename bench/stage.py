"""The bench's own deployment: one prepared server of a lab called `bench`, up to 41 municipalities of MUN.csv.

The prepared server is kept as a snapshot, so that "a first municipality" can be measured as often as wanted.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench import large
from bench.memory import Memory
from provisioner.folder import write_tenant
from provisioner.lab import snapshots
from provisioner.lab.consortium import announce, fit
from provisioner.spec.tenant import Tenant
from tests.deployed import HOST, LAB_DISK_GIB, ROOT, Deployment, Site, snapshot_name

LAB = os.environ.get("NUAGE_BENCH_LAB", "bench")
FURTHER = 40
DISK_MIB = 1024
RING = "pilote"


@dataclass(frozen=True)
class Spent:
    """Wall seconds of a whole process, and processor seconds of the control machine's part of it."""

    wall: float
    processor: float


def timed(command: list[str], environment: dict[str, str]) -> tuple[Spent, str]:
    """Run a whole process to its end; what it took and what it printed."""
    began, before = time.perf_counter(), os.times()
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    wall, after = time.perf_counter() - began, os.times()
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return Spent(wall, processor), done.stdout


class Stage(Deployment):
    """A consortium of one server; municipalities join as the benches ask."""

    snapshot = "bench"
    """Name that the prepared server is kept under."""
    begins_there = True
    """Whether another run may begin with the server that a former one kept."""

    def __init__(self, folder: Path, specs: dict[Site, Tenant] | None = None) -> None:
        self.specs = dict(_choose()) if specs is None else specs
        super().__init__(folder, LAB, tuple(self.specs))
        self.joined: list[Site] = []
        self.memory_alone: Memory | None = None

    @property
    def first(self) -> Site:
        """The one that comes first."""
        return self.sites[0]

    @property
    def others(self) -> tuple[Site, ...]:
        """The further ones."""
        return self.sites[1:-1]

    @property
    def made_by_hand(self) -> Site:
        """The one that `nuage` knows nothing of."""
        return self.sites[-1]

    @property
    def address(self) -> str:
        """The server's."""
        return str(self.lab.status().hosts[0].address)

    # Making it

    def prepare(self) -> None:
        """The lab with a prepared server, which is kept, and a consortium without municipalities."""
        self.lab.down()
        kept = snapshots.find(snapshot_name())
        if kept is None and self.begins_there:
            kept = snapshots.find(self.snapshot)
        if kept:
            # Of an older server layer perhaps: `apply` brings it up to date below.
            self.lab.up((HOST,), snapshot=kept.name)
        else:
            self.lab.up((HOST,), disk_gib=LAB_DISK_GIB)
        self.write_consortium()
        self.furnish()
        self.lab.snapshot(HOST, self.snapshot)

    def furnish(self) -> None:
        """The server's own layer."""
        self.nuage("apply", "--yes")

    def write_consortium(self) -> None:
        """The example's consortium with one server that has room for all of the bench's municipalities."""
        (self.folder / "tenants").mkdir(parents=True)
        spec = yaml.safe_load((ROOT / "inventories/example/consortium.yml").read_text(encoding="utf-8"))
        spec["servers"] = [self.server(spec["servers"][0])]
        (self.folder / "consortium.yml").write_text(
            yaml.safe_dump(spec, allow_unicode=True), encoding="utf-8"
        )
        password = self.folder / "vault-password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(32) + "\n", encoding="ascii")
        self._fit()

    def server(self, model: dict[str, Any]) -> dict[str, Any]:
        """The only server's description, from the example's."""
        server = {**model, "id": HOST, "memory_gib": 64, "disk_gib": 500, "roles": ["apps"]}
        server.pop("identity_domain", None)
        return server

    def _fit(self) -> None:
        public_key = self.lab.paths.private_key.with_suffix(".pub").read_text("ascii")
        fit(self.folder, self.lab.status(), public_key)

    def fresh_server(self) -> None:
        """The prepared server again, as it was before any municipality lived on it."""
        self.lab.remove_host(HOST)
        self.lab.up((HOST,), snapshot=self.snapshot)
        self._fit()

    def join(self, *sites: Site) -> None:
        """Approved municipalities, known to the lab's resolver; `apply` does the rest."""
        for site in sites:
            write_tenant(self.folder, site.slug, self.specs[site])
        self.joined += sites
        announce(self.lab, self.folder)

    def leave_all(self) -> None:
        """A consortium without municipalities again. For a server that is made anew as well."""
        for name in ("placement.lock.yml", "secrets.vault.yml"):
            (self.folder / name).unlink(missing_ok=True)
        for site in self.joined:
            (self.folder / "tenants" / f"{site.slug}.yml").unlink()
        self.joined.clear()

    # Using it

    def timed_apply(self) -> tuple[Spent, dict[str, str]]:
        """`nuage apply`, whole process, and what became of each host."""
        spent, output = timed(["nuage", "apply", "--yes", "--json"], self.environment)
        hosts = json.loads(output)["hosts"]
        return spent, {host: result["outcome"] for host, result in hosts.items()}

    def touch(self, site: Site, number: int) -> None:
        """Another telephone number: a change that every part of the municipality's site takes part in."""
        self.contact(site, f"418 555-{number:04}")


def _choose() -> list[tuple[Site, Tenant]]:
    """One, 40 further ones, and one that is only ever made by hand; all of one size."""
    chosen = []
    for slug, code, facts in large.many(large.municipalities(), FURTHER + 2):
        text = large.tenant(slug, code, facts, RING).model_dump(mode="json")
        text["services"] = {"wordpress": {"disk_mib": DISK_MIB}}
        tenant = Tenant.model_validate(text)
        chosen.append((Site(slug, code, tenant.domains.website, "on-demand", DISK_MIB), tenant))
    return chosen
