"""JSON Schemas say what the models say, so that an editor and `nuage validate` agree."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from provisioner.spec import schema
from tests.unit.spec import samples
from tests.unit.spec.test_values import WRONG

EXAMPLE = Path(__file__).parents[3] / "inventories" / "example"
FILES = [("consortium", "consortium.yml"), *(("tenant", str(path)) for path in EXAMPLE.glob("tenants/*.yml"))]
BEYOND = {
    *("control-character", "address-unusable", "network-everything", "not-an-address", "not-a-network"),
    *(
        "duplicate-ring",
        "no-service",
        "leaving-date",
        "backup-alone",
        "identity-domain",
        "nextcloud-domain",
        "nextcloud-identity",
        "not-a-date",
        "not-a-time",
        "no-time-zone",
        "text-empty",
    ),
}
"""What a schema cannot say, or says in a format that editors may ignore."""


def validator(spec: str) -> jsonschema.Draft202012Validator:
    """A checker of the schema as it is printed."""
    return jsonschema.Draft202012Validator(json.loads(schema.text(spec)))


@pytest.mark.parametrize("spec", schema.SPECS)
def test_the_schema_is_a_schema_and_describes_every_field(spec, language):
    content = json.loads(schema.text(spec))
    jsonschema.Draft202012Validator.check_schema(content)
    for part in [content, *content["$defs"].values()]:
        assert part["description"]
        for field in part.get("properties", {}).values():
            assert field["description"]


def test_descriptions_are_in_the_current_language(monkeypatch):
    from provisioner import messages

    monkeypatch.setattr(messages, "_current", "fr")
    french = schema.text("tenant")
    monkeypatch.setattr(messages, "_current", "en")
    assert "Nom officiel." in french
    assert "Official name." in schema.text("tenant")


@pytest.mark.parametrize("spec", schema.SPECS)
def test_the_sample_satisfies_it(spec):
    assert list(validator(spec).iter_errors(samples.SPECS[spec])) == []


@pytest.mark.parametrize(("spec", "file"), FILES)
def test_the_example_satisfies_it(spec, file):
    assert list(validator(spec).iter_errors(yaml.safe_load((EXAMPLE / file).read_text()))) == []


@pytest.mark.parametrize(("name", "spec", "path", "value"), WRONG, ids=str)
def test_it_refuses_what_validation_refuses(name, spec, path, value):
    valid = validator(spec).is_valid(samples.changed(spec, path, value))
    assert valid is (name in BEYOND and not isinstance(value, int) and value != "")
