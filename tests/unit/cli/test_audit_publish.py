"""`nuage audit publish` as a person meets it, and that it shows nobody a bundle that isn't valid."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from provisioner.audit.bundle import sshsig
from provisioner.audit.bundle.sealing import Sealer
from provisioner.audit.controls.judge import judge_all
from provisioner.cli.audit_publish import command
from provisioner.errors import DifferenceError
from tests.unit.audit import bundles
from tests.unit.audit.bundle import making
from tests.unit.audit.exporting import samples


@pytest.fixture
def audits(tmp_path: Path) -> dict[str, Path]:
    """A bundle and the public key that is expected of it."""
    documents = samples.now().documents
    documents["audit.json"]["previous"] = None
    for path in [one for one in documents if one.startswith(("observations/", "measurements/"))]:
        # These sign what they say, which takes a server; the judges then have nothing to judge.
        del documents[path]
    documents["findings.json"] = {"findings": judge_all(documents)}
    raw = bundles.write(tmp_path / "raw", documents)
    companions = {"verify.py": b"", "README.txt": b""}
    Sealer(making.private("ops"), tmp_path / "log", judge_all, companions).seal(raw, tmp_path / "bundle.tar")
    for name in ("ops", "other"):
        (tmp_path / f"{name}.pub").write_text(sshsig.key_text(making.public(name)) + "\n")
    return {name: tmp_path / name for name in ("bundle.tar", "ops.pub", "other.pub", "site")}


def run(audits: dict[str, Path], *arguments: str) -> str:
    given = [str(audits["bundle.tar"]), "-o", str(audits["site"]), *arguments]
    return CliRunner().invoke(command, given, catch_exceptions=False).output


def test_a_valid_bundle_is_published(audits: dict[str, Path]) -> None:
    assert str(audits["site"]) in run(audits, "--key", str(audits["ops.pub"]))
    assert (audits["site"] / "index.html").exists()
    [published] = (audits["site"] / "preuves").iterdir()
    assert published.read_bytes() == audits["bundle.tar"].read_bytes()


def test_one_signed_by_somebody_else_or_changed_is_not(audits: dict[str, Path]) -> None:
    with pytest.raises(DifferenceError):
        run(audits, "--key", str(audits["other.pub"]))
    data = bytearray(audits["bundle.tar"].read_bytes())
    place = data.index(b'"consortium":"Nuage')
    data[place + 15] ^= 1
    audits["bundle.tar"].write_bytes(data)
    with pytest.raises(DifferenceError):
        run(audits, "--key", str(audits["ops.pub"]))
    assert not audits["site"].exists()
