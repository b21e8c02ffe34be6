from __future__ import annotations

import pytest

from provisioner.inventory.groups import group_name
from provisioner.inventory.values import Reference, plain


def test_only_references_are_templates() -> None:
    value = {"a": Reference("{{ x }}"), "b": ["{{ x }}", "{% if %}", "{# c #}", "plain"], "c": 1}
    unsafe = [{"__ansible_unsafe": text} for text in ("{{ x }}", "{% if %}", "{# c #}")]
    assert plain(value) == {"a": "{{ x }}", "b": [*unsafe, "plain"], "c": 1}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Gaspésie–Îles-de-la-Madeleine", "gaspesie_iles_de_la_madeleine"),
        ("srv-1", "srv_1"),
        ("Œuvre d'ici (05)", "oeuvre_d_ici_05"),
        ("L’Érable", "l_erable"),
    ],
)
def test_group_names(text: str, name: str) -> None:
    assert group_name(text) == name
