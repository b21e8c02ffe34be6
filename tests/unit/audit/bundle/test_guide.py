"""The auditor's guide, followed to the letter with the real tools, on a true bundle and on one that was changed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from provisioner.audit.bundle import archive, layout, sshsig
from tests.unit.audit.bundle import making

ROOT = Path(__file__).parents[4]
GUIDES = (ROOT / "docs/fr/guide-auditeur.md", ROOT / "docs/en/auditor-guide.md")


def commands(guide: Path) -> list[str]:
    return re.findall(r"(?m)^\$ (.*)$", guide.read_text(encoding="utf-8"))


def follow(files: Mapping[str, bytes], folder: Path) -> list[subprocess.CompletedProcess[str]]:
    """What each command said to an auditor who has the bundle and two files from elsewhere."""
    (folder / "bundle.tar").write_bytes(b"".join(archive.written(files)))
    (folder / "ops.pub").write_text(sshsig.key_text(making.public("ops")) + "\n")
    lines = [f"{name} {sshsig.key_text(making.public(name))}\n" for name in making.SERVERS]
    (folder / "servers.allowed").write_text("".join(lines))
    return [
        subprocess.run(["bash", "-c", one], cwd=folder, capture_output=True, text=True, check=False)
        for one in commands(GUIDES[1])
    ]


def alarms(done: list[subprocess.CompletedProcess[str]]) -> list[str]:
    """What an auditor would stop at: something on the error stream, an alien file, a second nonce."""
    alien = [
        line
        for one in done
        for line in one.stdout.splitlines()
        if line.startswith(("observations/", "specs/", "measurements/", "registries/", "extra"))
    ]
    nonces = [line for one in done for line in one.stdout.splitlines() if '"nonce"' in line]
    refused = [line for one in done for line in one.stdout.splitlines() if "Could not verify" in line]
    return [*(one.stderr for one in done if one.stderr), *alien, *nonces[1:], *refused]


def test_both_languages_give_the_same_commands() -> None:
    assert commands(GUIDES[0]) == commands(GUIDES[1])
    assert len(commands(GUIDES[1])) == 10


def test_a_true_bundle_raises_no_alarm(sealed: dict[str, bytes], tmp_path: Path) -> None:
    done = follow(sealed, tmp_path)
    assert alarms(done) == []
    output = "".join(one.stdout for one in done)
    assert output.count('Good "nuage-statement" signature for ops') == 3
    assert output.count('Good "nuage-observation" signature for apps-') == 2
    assert re.search(rf'{len(making.SERVERS) + 1} "nonce":"{making.NONCE}"', output)


@pytest.mark.parametrize(
    "path",
    [
        layout.topic("apps-1", "system"),
        layout.index("apps-2"),
        layout.statement("observations"),
        layout.statement("findings"),
        layout.FINDINGS,
        layout.AUDIT,
        layout.CHECKPOINT,
    ],
)
def test_a_changed_byte_raises_one(sealed: dict[str, bytes], tmp_path: Path, path: str) -> None:
    data = bytearray(sealed[path])
    place = len(data) // 2
    data[place] ^= 1
    assert alarms(follow({**sealed, path: bytes(data)}, tmp_path)) != []


def test_a_missing_and_an_added_file_raise_one(sealed: dict[str, bytes], tmp_path: Path) -> None:
    path = layout.topic("apps-1", "system")
    (tmp_path / "missing").mkdir()
    (tmp_path / "added").mkdir()
    assert alarms(follow({name: data for name, data in sealed.items() if name != path}, tmp_path / "missing"))
    assert alarms(follow({**sealed, "observations/servers/apps-1/other.json": b"{}\n"}, tmp_path / "added"))
