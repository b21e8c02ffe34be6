"""Which of the copies at a keeper is meant."""

from __future__ import annotations

import pytest

from provisioner.rebuilding.copies import Which, moment, newest

LISTED = [
    {"id": "b1", "hostname": "46005-apps", "time": "2026-11-29T01:00:00.123456789-05:00"},
    {"id": "c2", "hostname": "46005-apps", "time": "2026-11-29T05:30:00Z"},
    {"id": "a3", "hostname": "46005-identity", "time": "2026-11-30T01:00:00-05:00"},
]


@pytest.mark.parametrize(
    ("which", "host", "wanted"),
    [
        # Later by the clock of another zone, not by its text.
        (Which(), "46005-apps", "b1"),
        (Which(at=moment("2026-11-29T00:45:00-05:00")), "46005-apps", "c2"),
        (Which(at=moment("2026-11-28T00:00:00Z")), "46005-apps", None),
        (Which(snapshot="c"), "46005-apps", "c2"),
        (Which(snapshot="a3"), "46005-apps", None),
        (Which(), "46005-identity", "a3"),
        (Which(), "46010-apps", None),
    ],
)
def test_the_copy_that_is_meant(which: Which, host: str, wanted: str | None) -> None:
    found = newest(LISTED, host, which)
    assert (found["id"] if found else None) == wanted
