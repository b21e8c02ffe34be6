"""What pydantic found, as problems in words that the catalogues have: the area `spec`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from yaml.nodes import MappingNode, Node, ScalarNode

from provisioner.errors import Problem
from provisioner.spec.document import PLAIN, Document, Path, scalar, shown
from provisioner.spec.types import Model

PYDANTIC: Mapping[str, str] = {
    "missing": "missing",
    "extra_forbidden": "unknown-field",
    "model_type": "not-a-block",
    "string_type": "not-a-text",
    "string_too_short": "text-empty",
    "string_too_long": "text-too-long",
    "int_type": "not-an-integer",
    "float_type": "not-a-number",
    "bool_type": "not-a-boolean",
    "finite_number": "not-a-number",
    "greater_than": "not-above",
    "greater_than_equal": "too-small",
    "less_than": "not-below",
    "less_than_equal": "too-large",
    "enum": "not-a-choice",
    "literal_error": "not-a-choice",
    "tuple_type": "not-a-list",
    "frozen_set_type": "not-a-list",
    "too_short": "list-empty",
    "date_from_datetime_parsing": "not-a-date",
    "date_parsing": "not-a-date",
    "datetime_from_date_parsing": "not-a-time",
    "datetime_parsing": "not-a-time",
    "timezone_aware": "no-time-zone",
}
"""Pydantic's error types that the specs' fields can give, and the names of their messages."""

CUSTOM = frozenset(
    {
        "address_unusable",
        "backup_alone",
        "control_character",
        "duplicate_artifact",
        "duplicate_ring",
        "identity_domain",
        "leaving_date",
        "network_everything",
        "nextcloud_domain",
        "nextcloud_identity",
        "no_service",
        "not_a_code",
        "not_a_country",
        "not_a_date",
        "not_a_device",
        "not_a_domain",
        "not_a_file_name",
        "not_a_host",
        "not_a_host_key",
        "not_a_neq",
        "not_a_network",
        "not_a_province",
        "not_a_public_key",
        "not_a_sha256",
        "not_a_slug",
        "not_a_time",
        "not_a_url",
        "not_an_https_url",
        "not_an_ldap_url",
        "not_an_address",
        "not_an_ed25519_key",
        "not_an_email",
        "unquoted",
    }
)
"""The types of our own validators' errors; their messages have the same names, with dashes."""

_LIMITS = ("gt", "ge", "lt", "le", "max_length")


def field_path(path: Path) -> str:
    """`servers[0].address`: how errors name a field."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def problems(error: ValidationError, document: Document, model: type[Model]) -> list[Problem]:
    """One problem per thing that pydantic found, in the order of the file."""
    details = error.errors(include_url=False)
    # pydantic counts invalid items as absent: a list of one wrong item would also be called too short.
    parents = {detail["loc"][:length] for detail in details for length in range(len(detail["loc"]))}
    found = [
        _problem(detail, document, model)
        for detail in details
        if detail["type"] != "too_short" or detail["loc"] not in parents
    ]
    return sorted(found, key=lambda problem: problem.line)


def _problem(detail: ErrorDetails, document: Document, model: type[Model]) -> Problem:
    given: Mapping[str, Any] = detail.get("ctx", {})
    path = tuple(detail["loc"])
    if "field" in given:
        path = (*path, given["field"])
    node, line = document.find(path)
    context: dict[str, object] = {
        "field": str(path[-1]) if path else document.file,
        "value": _value(node, given),
        "limit": next((given[name] for name in _LIMITS if name in given), ""),
        "expected": _expected(given),
    }
    name = _name(detail["type"], node)
    if name == "unknown-field":
        # The value of a field that shouldn't be there isn't shown: it may be a password.
        context["value"] = ""
        near = difflib.get_close_matches(str(path[-1]), _fields(model, path[:-1]), n=1)
        if near:
            name, context["expected"] = "unknown-field-near", near[0]
    return Problem(f"spec.{name}", document.file, line, field_path(path), context)


def _name(kind: str, node: Node | None) -> str:
    if kind in CUSTOM:
        return kind.replace("_", "-")
    name = PYDANTIC.get(kind, "invalid-value")
    if name.startswith("not-a") and _is_empty(node):
        return "empty-value"
    if name == "not-a-text" and not isinstance(node, ScalarNode):
        return "not-a-single-text"
    return name


def _is_empty(node: Node | None) -> bool:
    return isinstance(node, ScalarNode) and node.tag == PLAIN and scalar(node.value) is None


def _value(node: Node | None, given: Mapping[str, Any]) -> str:
    """The value as it stands in the file; the file says 01023 where YAML says 1023."""
    if isinstance(node, ScalarNode):
        return shown(node.value)
    if node is not None:
        return "{…}" if isinstance(node, MappingNode) else "[…]"
    return shown(str(given.get("value", "")))


def _expected(given: Mapping[str, Any]) -> str:
    if "character" in given:
        return str(given["character"])
    return ", ".join(re.findall(r"'([^']*)'", str(given.get("expected", "")))) or str(
        given.get("expected", "")
    )


def _fields(model: type[Model], path: Path) -> list[str]:
    """The fields of the model that ``path`` leads to."""
    for step in path:
        if isinstance(step, int):
            continue
        annotation = model.model_fields[step].annotation
        inner = _model_in(annotation)
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[Model] | None:  # noqa: ANN401  annotations have no common type
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
