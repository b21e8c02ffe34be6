"""The documentation holds the catalogue as the command prints it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from provisioner import messages
from provisioner.audit.controls.catalogue import CONTROLS
from provisioner.cli.audit_controls import command

DOCS = Path(__file__).parents[4] / "docs"


@pytest.mark.parametrize(
    ("spoken", "page"), [("en", "en/audit-controls.md"), ("fr", "fr/controles-audit.md")]
)
def test_the_page_holds_the_table(monkeypatch, spoken, page):
    monkeypatch.setattr(messages, "_current", spoken)
    printed = CliRunner().invoke(command).output
    assert printed.count("\n") == len(CONTROLS) + 2
    assert printed in (DOCS / page).read_text(encoding="utf-8"), "run nuage audit controls, and put it there"


def test_programs_get_keys():
    assert [one["id"] for one in json.loads(CliRunner().invoke(command, ["--json"]).output)] == [
        control.id for control in CONTROLS
    ]
