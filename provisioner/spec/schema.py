"""JSON Schema of the specs, described in the current language by the catalogue area `fields`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from provisioner import messages
from provisioner.spec.consortium import Consortium
from provisioner.spec.tenant import Tenant
from provisioner.spec.types import Model

SPECS: Mapping[str, type[Model]] = {"consortium": Consortium, "tenant": Tenant}
"""The specs by the name that the command line gives them."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def text(name: str) -> str:
    """The schema of the spec called ``name``, as JSON text that ends with a newline."""
    model = SPECS[name]
    content = {"$schema": DIALECT, **model.model_json_schema(mode="validation")}
    for title, part in {model.__name__: content, **content.get("$defs", {})}.items():
        _describe(title, part)
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _describe(title: str, part: dict[str, Any]) -> None:
    """Put a description on a model or an enumeration, and on each of its fields."""
    part["description"] = messages.text(f"fields.{title}")
    for field, content in part.get("properties", {}).items():
        content["description"] = messages.text(f"fields.{title}.{field}")
