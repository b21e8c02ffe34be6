"""Licences by their short names: free, not free, or not known."""

from __future__ import annotations

import pytest

from provisioner.audit.controls.software import is_free


@pytest.mark.parametrize(
    ("licence", "free"),
    [
        ("AGPL-3.0-or-later", True),
        ("GPL-2+ with Autoconf-data exception", True),
        ("GPL2 with Classpath exception; BSD-3-Clause; LGPL-2.1; MIT", True),
        ("Expat and BSD-3-clause", True),
        ("PHP-3.01; BSD-2-clause and LGPL-3+", True),
        ("public-domain-s-s-d", True),
        ("Mazieres-BSD-style", True),
        ("CC-BY-SA-3.0", True),
        ("CC-BY-NC-4.0", False),
        ("CC-BY-NC-SA-4.0 or GPL-2+", True),
        ("CC-BY-NC-SA-4.0 and GPL-2+", False),
        ("Proprietary", False),
        ("non-free", False),
        ("BUSL-1.1", False),
        ("custom-1", None),
        ("GPL-2+; custom", None),
        ("GPLish", None),
        ("MITigated", None),
        ("", None),
        ("verbatim or other", None),
    ],
)
def test_licences(licence, free):
    assert is_free(licence) is free
