"""Model out, text: the YAML that `nuage` writes for a municipality."""

from __future__ import annotations

import yaml
from yaml.cyaml import CSafeDumper
from yaml.nodes import ScalarNode

from provisioner.spec.document import scalar
from provisioner.spec.tenant import Tenant

HINT = "# yaml-language-server: $schema=../schema/tenant.json\n"
"""Tells editors where the JSON Schema is that `nuage schema tenant` prints."""


_ONE_LINE = 1 << 20
"""No text is folded: each field is one line, which a comment may follow."""


class _Dumper(CSafeDumper):
    """Quotes whatever this project's reader, or another YAML reader, might not read as a text."""

    def ignore_aliases(self, data: object) -> bool:
        """Aliases are refused by the reader."""
        return True


def _text(dumper: _Dumper, value: str) -> ScalarNode:
    plain = isinstance(scalar(value), str) and not value[:1].isdigit() and "\n" not in value
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


_Dumper.add_representer(str, _text)


def tenant_text(tenant: Tenant) -> str:
    """The text of a `tenants/<slug>.yml`: fields in the model's order, defaults left out, accents kept.

    Reading it gives an equal tenant, whatever the tenant.
    """
    values = tenant.model_dump(mode="json", exclude_defaults=True)
    return HINT + yaml.dump(
        values, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=_ONE_LINE
    )
