"""A consortium of many real municipalities in a folder: facts of MUN.csv, example names for the rest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from provisioner.directory import official
from provisioner.directory.municipality import Municipality
from provisioner.folder import write_tenant
from provisioner.spec.sizing import size_for
from provisioner.spec.tenant import Tenant

DATA = Path(__file__).parents[2] / "shared" / "data" / "MUN.csv"
EXAMPLE = Path(__file__).parents[1] / "inventories" / "example"
SERVERS_PER_MUNICIPALITY = 1 / 24


def municipalities() -> list[Municipality]:
    """The local municipalities of the official file."""
    directory = official.read(DATA.read_bytes(), str(DATA))
    return [each for each in directory.municipalities if each.local]


def many(real: Sequence[Municipality], count: int) -> Iterator[tuple[str, str, Municipality]]:
    """``count`` of them as (slug, code, facts); past the real ones, again under codes that nobody has."""
    taken = {each.code for each in real}
    free = (f"{number:05}" for number in range(100_000) if f"{number:05}" not in taken)
    for index in range(count):
        each = real[index % len(real)]
        if index < len(real):
            yield each.slug, each.code, each
        else:
            code = next(free)
            yield f"{each.slug}-{code}", code, each


def write(folder: Path, count: int) -> None:
    """Write specs of ``count`` approved municipalities and enough servers into ``folder``."""
    shutil.rmtree(folder, ignore_errors=True)
    consortium = yaml.safe_load((EXAMPLE / "consortium.yml").read_text(encoding="utf-8"))
    servers = int(count * SERVERS_PER_MUNICIPALITY) + 2
    # Of the role apps alone: sign-in pages have one name in the consortium each.
    model = {**consortium["servers"][0], "memory_gib": 32, "disk_gib": 1000, "roles": ["apps"]}
    model.pop("identity_domain", None)
    consortium["servers"] = [
        {
            **model,
            "id": f"srv{n}",
            "address": f"198.18.{n // 250}.{n % 250 + 1}",
            "fault_domain": f"fd-{n % 4}",
        }
        for n in range(1, servers + 1)
    ]
    folder.mkdir(parents=True)
    # Through JSON, so that what the servers share isn't written as a YAML alias, which specs don't have.
    text = yaml.safe_dump(json.loads(json.dumps(consortium)), allow_unicode=True)
    (folder / "consortium.yml").write_text(text, encoding="utf-8")
    ring = consortium["rings"][0]
    for slug, code, facts in many(municipalities(), count):
        write_tenant(folder, slug, tenant(slug, code, facts, ring))


def tenant(slug: str, code: str, facts: Municipality, ring: str) -> Tenant:
    """An approved municipality that asks for a website of the size that suits it."""
    domain = f"{slug[:50]}-{code}.example"
    return Tenant.model_validate(
        {
            "code": code,
            "name": facts.name,
            "designation": facts.designation,
            "population": facts.population,
            "region": facts.region or None,
            "mrc": facts.mrc or None,
            "contacts": {
                "administrator": {"name": "Direction générale", "email": f"direction@{domain}"},
                "privacy_officer": {"name": "Responsable Loi 25", "email": f"vie-privee@{domain}"},
            },
            "domains": {"website": f"www.{domain}", "website_aliases": (domain,)},
            "services": {"wordpress": {"size": size_for(facts.population)}},
            "ring": ring,
            "state": "approved",
            "history": (
                {"at": "2026-11-01T00:00:00Z", "by": "bench", "action": "request", "reason": ""},
                {"at": "2026-11-02T00:00:00Z", "by": "bench", "action": "approve", "reason": ""},
            ),
        }
    )
