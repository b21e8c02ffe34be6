"""The collection's own modules and plugins, found as Ansible finds them."""

from __future__ import annotations

import sys

from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / ".collections"))
