"""JSON Schema of the specs, its titles from the fields' names and its descriptions from their docstrings."""

from __future__ import annotations

import json
from collections.abc import Mapping

from provisioner.spec.consortium import Consortium
from provisioner.spec.tenant import Tenant
from provisioner.spec.types import Model

SPECS: Mapping[str, type[Model]] = {"consortium": Consortium, "tenant": Tenant}
"""The specs by the name that the command line gives them."""


def text(name: str) -> str:
    """The schema of ``name``, as JSON text that ends with a newline."""
    content = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **SPECS[name].model_json_schema(mode="validation"),
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
