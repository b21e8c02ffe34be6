"""Which packages a Debian machine lacks, by its own dpkg and apt."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError
from ansible_collections.nuage_commun.platform.plugins.modules import debian_packages

pytestmark = pytest.mark.skipif(
    shutil.which("apt-get") is None, reason="SKIPPED, NOT TESTED: this machine has no apt"
)
NOBODYS = "nuage-no-such-package"


def test_what_is_installed_is_not_missing() -> None:
    assert debian_packages.missing(["dpkg", "apt"]) == []
    assert debian_packages.missing(["dpkg", NOBODYS, "apt"]) == [NOBODYS]
    assert debian_packages.missing([NOBODYS]) == [NOBODYS]


def test_a_name_that_is_nobodys_is_said() -> None:
    with pytest.raises(ProgramError, match=NOBODYS):
        debian_packages.install([NOBODYS], check_mode=True)


def test_what_came_along_with_others_is_known(tmp_path: Path) -> None:
    states = tmp_path / "extended_states"
    assert debian_packages.came_along(["acl"], states) == []
    states.write_text(
        "Package: acl\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: restic\nArchitecture: amd64\n"
        "Auto-Installed: 0\n\nPackage: libacl1\nArchitecture: amd64\nAuto-Installed: 1\n\n"
    )
    assert debian_packages.came_along(["restic", "acl", "nginx"], states) == ["acl"]
