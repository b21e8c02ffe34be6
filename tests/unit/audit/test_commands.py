"""`nuage audit key`, `verify` and `cosign` on a bundle that the true controls judge, beside its own `verify.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import audit_bundle
from provisioner.audit import standalone
from provisioner.audit.bundle import canonical, keys, layout, sealing, sshsig
from provisioner.audit.controls.judge import judge_all

NUAGE = Path(sys.executable).with_name("nuage")
COSIGNER = "laval"


def nuage(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [NUAGE, "--lang", "en", "audit", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with keys, and a bundle of two municipalities on three servers."""
    folder = tmp_path_factory.mktemp("audit")
    for name in ("ops", COSIGNER, "other"):
        assert nuage("key", folder / name).returncode == 0
    files = audit_bundle.raw(["46005", "01023"], 3)
    consortium = canonical.loads(files[layout.CONSORTIUM])
    line = (folder / f"{COSIGNER}.pub").read_text().strip()
    consortium["audit"]["cosigners"] = [{"id": COSIGNER, "public_key": line}]
    files[layout.CONSORTIUM] = canonical.dumps(consortium)
    raw = audit_bundle.write(files, folder / "raw")
    sealer = sealing.Sealer(keys.private(folder / "ops"), folder / "log", judge_all, standalone.companions())
    sealer.seal(raw, folder / "bundle.tar")
    return folder


def verify(place: Path, path: Path, *more: object) -> subprocess.CompletedProcess[str]:
    return nuage("verify", path, "--key", place / "ops.pub", *more)


def test_valid_says_first_what_it_does_not_prove(place):
    told = verify(place, place / "bundle.tar")
    assert told.returncode == 0, told.stdout + told.stderr
    lines = told.stdout.splitlines()
    assert lines[0] == "What this does not prove:"
    assert lines[-1].startswith("VALID")
    assert "3 of 3 servers" in told.stdout


def test_nothing_is_satisfied_for_want_of_being_looked_at(place):
    told = json.loads(verify(place, place / "bundle.tar", "--json").stdout)
    assert told["valid"] is True
    assert told["verdicts"]["satisfied"] > 50
    assert told["verdicts"]["not-checked"] == 2


@pytest.mark.parametrize("offset", [None, 700, -40, 100_000])
def test_verify_py_says_the_same(place, tmp_path, offset):
    path = tmp_path / "bundle.tar"
    data = bytearray((place / "bundle.tar").read_bytes())
    if offset is not None:
        data[offset] ^= 1
    path.write_bytes(data)
    (tmp_path / "verify.py").write_bytes(standalone.build())
    alone = subprocess.run(
        [sys.executable, "-I", tmp_path / "verify.py", path, "--key", place / "ops.pub", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    told = verify(place, path, "--json")
    assert json.loads(alone.stdout) == json.loads(told.stdout)
    assert alone.returncode == told.returncode == (0 if offset is None else 9)


def test_the_bundles_own_verify_py(place):
    subprocess.run(["tar", "-xf", place / "bundle.tar", "-C", place, layout.VERIFY], check=True)
    assert (place / layout.VERIFY).read_bytes() == standalone.build()


def test_other_keys_and_host_keys(place, tmp_path):
    assert nuage("verify", place / "bundle.tar", "--key", place / "other.pub").returncode == 9
    names = [f"srv{number:02}" for number in range(3)]
    known = tmp_path / "hosts"
    public = {name: audit_bundle.key_of(name).public_key().public_bytes_raw() for name in names}
    known.write_text("".join(f"{name} {sshsig.key_text(key)}\n" for name, key in public.items()))
    assert verify(place, place / "bundle.tar", "--host-keys", known).returncode == 0
    known.write_text(f"srv00 {sshsig.key_text(public['srv01'])}\n")
    told = verify(place, place / "bundle.tar", "--host-keys", known)
    assert told.returncode == 9
    assert "declares another host key" in told.stdout


def test_wrong_files_are_told_with_their_line(place, tmp_path):
    (tmp_path / "keys").write_text("# ops\nhello\n")
    told = nuage("verify", place / "bundle.tar", "--key", tmp_path / "keys")
    assert told.returncode == 3
    assert "keys:2" in told.stderr


def test_cosign(place, tmp_path):
    path = tmp_path / "bundle.tar"
    path.write_bytes((place / "bundle.tar").read_bytes())
    arguments = ("--ops-key", place / "ops.pub", "--memory", tmp_path / "memory", "--name", COSIGNER)
    refused = nuage("cosign", path, "--key", place / "other", *arguments)
    assert refused.returncode == 4
    told = nuage("cosign", path, "--key", place / COSIGNER, *arguments)
    assert told.returncode == 0, told.stderr
    assert f"Cosigned by {COSIGNER}" in verify(place, path).stdout
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    assert nuage("cosign", path, "--key", place / COSIGNER, *arguments).returncode == 9
