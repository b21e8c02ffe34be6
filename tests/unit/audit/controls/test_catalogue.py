"""The controls: whole, and with identifiers that stay."""

from __future__ import annotations

import re

from provisioner import messages
from provisioner.audit.controls import catalogue


def test_identifiers_differ_and_have_one_form():
    ids = [control.id for control in catalogue.CONTROLS]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"NC-[A-Z]{3}-[0-9]{2}", one) for one in ids)


def test_every_control_says_where_it_comes_from():
    for control in catalogue.CONTROLS:
        assert control.sources
        assert set(control.sources) <= set(catalogue.SOURCES)
        assert control.objectives
        assert set(control.objectives) <= set(catalogue.OBJECTIVES)
        assert control.kind in catalogue.KINDS
        assert control.theme in catalogue.THEMES


def test_every_theme_source_and_objective_but_one_is_spoken_to():
    assert {one.theme for one in catalogue.CONTROLS} == set(catalogue.THEMES)
    assert {name for one in catalogue.CONTROLS for name in one.sources} == set(catalogue.SOURCES)
    spoken = {name for one in catalogue.CONTROLS for name in one.objectives}
    assert set(catalogue.OBJECTIVES) - spoken == {"SOV-8"}


def test_every_control_has_its_words(language):
    for control in catalogue.CONTROLS:
        for part in ("title", "expected"):
            assert messages.text(f"audit-controls.{control.id.lower()}-{part}")
