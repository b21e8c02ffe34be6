"""Finding the control machine's Debian mirror among all that apt may be configured with."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.errors import MachineError
from provisioner.lab import mirror
from provisioner.lab.mirror import Mirrors

DEB822 = """\
Types: deb
# http://old.example/debian
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main non-free
"""

ONE_LINE = """\
# deb http://gone.example/debian bookworm main
deb https://vendor.example bookworm main
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://m.example/debian bookworm main
deb http://m.example/debian bookworm-updates main contrib # updates
deb-src http://m.example/src bookworm main
deb http://s.example/debian-security/ bookworm-security main
"""


def machine(root: Path, files: dict[str, str], release: str = "bookworm") -> Path:
    for name, text in {"etc/os-release": f'ID=debian\nVERSION_CODENAME="{release}"\n', **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_reads_the_new_format(tmp_path: Path) -> None:
    root = machine(tmp_path, {"etc/apt/sources.list.d/debian.sources": DEB822})
    assert mirror.find({}, root) == Mirrors(
        "http://mirror.example/debian", "http://mirror.example/debian-security"
    )


def test_reads_the_old_format_and_prefers_debians_own_archive_to_a_vendors(tmp_path: Path) -> None:
    root = machine(tmp_path, {"etc/apt/sources.list": ONE_LINE})
    assert mirror.find({}, root) == Mirrors("http://m.example/debian", "http://s.example/debian-security")


def test_a_vendors_repository_alone_is_no_mirror(tmp_path: Path) -> None:
    vendor = "deb https://vendor.example/debian bookworm stable\n"
    root = machine(tmp_path, {"etc/apt/sources.list.d/vendor.list": vendor})
    with pytest.raises(MachineError) as caught:
        mirror.find({}, root)
    assert caught.value.problems[0].key == "lab.no-mirror"


def test_a_disabled_stanza_does_not_count(tmp_path: Path) -> None:
    off = "\n\n".join(f"Enabled: no\n{stanza}" for stanza in DEB822.split("\n\n"))
    root = machine(tmp_path, {"etc/apt/sources.list.d/debian.sources": off})
    with pytest.raises(MachineError):
        mirror.find({}, root)


def test_files_that_apt_ignores_are_ignored(tmp_path: Path) -> None:
    root = machine(tmp_path, {"etc/apt/sources.list.d/debian.sources.save": DEB822})
    with pytest.raises(MachineError):
        mirror.find({}, root)


def test_the_environment_wins(tmp_path: Path) -> None:
    root = machine(tmp_path, {"etc/apt/sources.list.d/debian.sources": DEB822})
    environ = {"NUAGE_DEBIAN_MIRROR": "http://ours.example/debian/"}
    assert mirror.find(environ, root) == Mirrors(
        "http://ours.example/debian", "http://mirror.example/debian-security"
    )
