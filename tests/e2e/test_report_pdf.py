"""The report as a PDF, by a real Chromium."""

from __future__ import annotations

import re

import pytest

from provisioner.audit.exporting import report
from provisioner.audit.exporting.pdf import pdf
from provisioner.chromium import PROGRAM
from tests.unit.audit.exporting import samples


def test_a_municipality_prints_on_one_page_and_each_time_the_same() -> None:
    if not PROGRAM.exists():
        pytest.skip(f"SKIPPED, NOT TESTED: {PROGRAM} is absent")
    page = report.html(samples.now(), "fr", samples.before())
    one, other = pdf(page), pdf(page)
    # Two pages of the consortium, one for each municipality, one of maps.
    assert len(re.findall(rb"/Type ?/Page\b", one)) == 6
    assert one == other
    assert b"/StructTreeRoot" in one
