from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from provisioner.directory import names, store
from provisioner.directory.municipality import Directory, Municipality, Source
from provisioner.requests.draft import Signature

ROOT = Path(__file__).parent.parent.parent.parent
FACTS = (
    ("46005", "Abercorn", "Village", 368, "Estrie", "Brome-Missisquoi", "www.abercorn.example"),
    ("48028", "Acton Vale", "Ville", 7_996, "Montérégie", "Acton", ""),
    ("07025", "Albertville", "Municipalité", 262, "Bas-Saint-Laurent", "La Matapédia", ""),
    ("54017", "Saint-Damase", "Municipalité", 2_391, "Montérégie", "Les Maskoutains", ""),
    ("07105", "Saint-Damase", "Paroisse", 382, "Bas-Saint-Laurent", "La Matapédia", ""),
    ("99055", "Chisasibi", "Village cri", None, "Nord-du-Québec", "", ""),
)


@pytest.fixture
def directory() -> Directory:
    slugs = names.slugs((fact[0], fact[1], True) for fact in FACTS)
    return Directory(
        Source("MUN.csv", "0" * 64, len(FACTS), len(FACTS)),
        tuple(
            Municipality(
                code=code,
                name=name,
                slug=slugs[code],
                designation=designation,
                local=True,
                population=population,
                region=region,
                mrc=mrc,
                website=website,
                address="",
            )
            for code, name, designation, population, region, mrc, website in sorted(FACTS)
        ),
    )


@pytest.fixture
def folder(tmp_path: Path, directory: Directory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A consortium's folder without tenants, and an imported directory."""
    monkeypatch.setenv("NUAGE_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv("USER", "alice")
    store.save(directory, tmp_path / "data" / "directory.json")
    place = tmp_path / "consortium"
    place.mkdir()
    shutil.copy(ROOT / "inventories/example/consortium.yml", place)
    return place


@pytest.fixture
def signature() -> Signature:
    return Signature("alice", datetime(2026, 11, 23, 14, 0, tzinfo=UTC), "courriel du 23")
