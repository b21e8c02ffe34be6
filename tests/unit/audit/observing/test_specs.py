"""What a bundle says of the specs: all that is judged, and nobody's name."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from provisioner.audit.observing import specs
from provisioner.spec import parsing
from tests.unit.spec import samples

CANARY = "Canari"


def planted(spec: dict[str, Any]) -> dict[str, Any]:
    """The sample with canaries wherever a person, an account or a comment may stand."""
    spec = copy.deepcopy(spec)
    if "contacts" in spec:
        for contact in spec["contacts"].values():
            contact |= {
                "name": f"{CANARY} Personne",
                "email": "canari@gens.example",
                "telephone": "418 555-0199",
            }
        identity = spec["services"]["identity"]
        identity["federation"] |= {
            "bind_dn": f"cn={CANARY}",
            "users_dn": f"ou={CANARY}",
            "user_filter": f"(x={CANARY})",
        }
        identity["broker"] |= {"client_id": "canari", "name": f"{CANARY} inc."}
        spec["impact_assessment"] = f"ÉFVP de {CANARY} Personne"
        spec["history"] = [
            {"at": "2026-11-23T14:00:00Z", "by": CANARY, "action": "request", "reason": CANARY}
        ]
        return spec
    spec["acme"]["contact"] = "canari@gens.example"
    spec["administration_keys"] = [f"{samples.KEY} {CANARY} canari@gens.example"]
    audit = spec["audit"]
    for holder in (*audit["vantage_points"], *audit["cosigners"]):
        holder["public_key"] = " ".join([*holder["public_key"].split()[:2], CANARY])
    audit["signing_keys"] = [" ".join([*key.split()[:2], CANARY]) for key in audit["signing_keys"]]
    return spec


def documents() -> Iterator[dict[str, Any]]:
    tenant = parsing.tenant(samples.text(planted(samples.TENANT)), "x")
    yield specs.municipality_document(tenant)
    yield specs.consortium_document(parsing.consortium(samples.text(planted(samples.CONSORTIUM)), "x"))


@pytest.mark.parametrize("document", list(documents()), ids=["tenant", "consortium"])
def test_no_person_is_in_it(document: dict[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False).lower()
    assert "canari" not in text
    assert "@" not in text
    assert "555-01" not in text


def test_what_is_judged_of_a_consortium_is_in_it() -> None:
    document = specs.consortium_document(parsing.consortium(samples.text(samples.CONSORTIUM), "x"))
    assert document["acme"] == {"directory": "https://acme.example/directory", "country": "CA"}
    assert document["servers"][0]["ssh_host_key"] == samples.KEY
    assert document["operators"][0]["foreign_law"] == ["US"]
    assert document["audit"]["backup_targets"] == [{"host": "192.0.2.90", "port": 22, "site": "sherbrooke"}]
    assert document["audit"]["vantage_points"][0]["public_key"] == f"{samples.KEY[:-1]}1"
    (key,) = document["administration_keys"]
    assert key.startswith("SHA256:")
    assert len(key) == len("SHA256:") + 43


def test_what_is_judged_of_a_municipality_is_in_it() -> None:
    document = specs.municipality_document(parsing.tenant(samples.text(samples.TENANT), "x"))
    assert document["contacts"] == {"administrator": True, "privacy_officer": True}
    assert document["services"]["identity"]["federation"] == {
        "url": "ldaps://annuaire.iles.example",
        "vendor": "active-directory",
    }
    assert document["services"]["wordpress"]["allowed_destinations"] == ["192.0.2.80/32"]
    assert document["impact_assessment"] == "ÉFVP 2026-04"
    assert "history" not in document


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (None, None),
        ("ÉFVP-2026-12", "ÉFVP-2026-12"),
        ("2026/4", "2026/4"),
        ("celle de Jeanne Roy", specs.DECLARED),
    ],
)
def test_a_reference_is_a_number_with_a_prefix(text: str | None, kept: str | None) -> None:
    assert specs.reference(text) == kept
