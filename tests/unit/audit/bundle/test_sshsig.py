"""OpenSSH signatures, against ssh-keygen itself."""

from __future__ import annotations

import subprocess

import pytest

from provisioner.audit.bundle import keys, sshsig
from provisioner.audit.bundle.sshsig import SignatureError
from tests.unit.audit.bundle import making

DATA = b"observed\n"


def keygen(*arguments: object, **more: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["ssh-keygen", *map(str, arguments)], capture_output=True, check=False, **more)


def signed_by_openssh(tmp_path, kind: str, *options: str) -> tuple[bytes, str]:
    assert keygen("-q", "-t", kind, "-N", "", "-f", tmp_path / "key").returncode == 0
    (tmp_path / "data").write_bytes(DATA)
    made = keygen("-q", "-Y", "sign", *options, "-f", tmp_path / "key", "-n", "test", tmp_path / "data")
    assert made.returncode == 0, made.stderr
    return (tmp_path / "data.sig").read_bytes(), (tmp_path / "key.pub").read_text()


@pytest.mark.parametrize("options", [(), ("-O", "hashalg=sha256")])
def test_what_openssh_signs(tmp_path, options):
    signature, line = signed_by_openssh(tmp_path, "ed25519", *options)
    key = sshsig.public_key(line)
    assert sshsig.verify(DATA, signature, "test", [bytes(32), key]) == key
    assert sshsig.key_text(key) == " ".join(line.split()[:2])
    assert sshsig.fingerprint(key) in keygen("-lf", tmp_path / "key.pub").stdout.decode()


def test_what_openssh_verifies(tmp_path):
    line = keys.generate(tmp_path / "key")
    (tmp_path / "sig").write_bytes(sshsig.sign(keys.private(tmp_path / "key"), DATA, "test"))
    (tmp_path / "allowed").write_text(f"ops {line}\n")
    arguments = (
        "-Y",
        "verify",
        "-f",
        tmp_path / "allowed",
        "-I",
        "ops",
        "-n",
        "test",
        "-s",
        tmp_path / "sig",
    )
    assert keygen(*arguments, input=DATA).returncode == 0
    assert keygen(*arguments, input=DATA + b"!").returncode != 0


def test_the_same_text_as_openssh(tmp_path):
    signature, _ = signed_by_openssh(tmp_path, "ed25519")
    assert sshsig.sign(keys.private(tmp_path / "key"), DATA, "test") == signature


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_other_kinds_are_refused(tmp_path, kind):
    signature, line = signed_by_openssh(tmp_path, kind)
    with pytest.raises(ValueError, match="not an ssh-ed25519 key"):
        sshsig.public_key(line)
    with pytest.raises(SignatureError) as caught:
        sshsig.verify(DATA, signature, "test", [making.public("ops")])
    assert caught.value.key == "not-ed25519"


def refusal(data: bytes, signature: bytes, namespace: str, *names: str) -> str:
    with pytest.raises(SignatureError) as caught:
        sshsig.verify(data, signature, namespace, [making.public(name) for name in names])
    return caught.value.key


def test_refusals():
    signature = sshsig.sign(making.private("ops"), DATA, "test")
    assert refusal(DATA + b"!", signature, "test", "ops") == "bad-signature"
    assert refusal(DATA, signature, "other", "ops") == "wrong-namespace"
    assert refusal(DATA, signature, "test", "another") == "unknown-key"
    assert refusal(DATA, signature + b"\n", "test", "ops") == "malformed-signature"
    assert refusal(DATA, signature.replace(b"\n", b"\r\n"), "test", "ops") == "malformed-signature"
    assert refusal(DATA, b"", "test", "ops") == "malformed-signature"
