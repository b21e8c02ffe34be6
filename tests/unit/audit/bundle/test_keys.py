"""Key files."""

from __future__ import annotations

import subprocess

import pytest

from provisioner.audit.bundle import keys, sshsig
from provisioner.errors import InvalidInputError, NuageError, RefusedError
from tests.unit.audit.bundle import making


def test_a_made_key_is_its_owners_alone_and_never_replaced(tmp_path):
    line = keys.generate(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert keys.public(tmp_path / "key.pub") == {sshsig.public_key(line)}
    before = (tmp_path / "key").read_bytes()
    with pytest.raises(RefusedError):
        keys.generate(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == before


def test_a_key_that_others_may_read_is_refused(tmp_path):
    keys.generate(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(RefusedError) as caught:
        keys.private(tmp_path / "key")
    assert caught.value.problems[0].key == "audit-seal.key-mode"


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["-t", "ed25519", "-N", "secret"], "audit-seal.key-encrypted"),
        (["-t", "rsa", "-N", ""], "audit-seal.key-unreadable"),
    ],
)
def test_other_private_keys_are_refused(tmp_path, arguments, key):
    subprocess.run(["ssh-keygen", "-q", *arguments, "-f", tmp_path / "key"], check=True)
    with pytest.raises(InvalidInputError) as caught:
        keys.private(tmp_path / "key")
    assert caught.value.problems[0].key == key


def test_lists_of_public_keys(tmp_path):
    one, other = (sshsig.key_text(making.public(name)) for name in ("one", "other"))
    (tmp_path / "keys").write_text(f"# ours\n{one} ops@laval\n\n{other}\n")
    assert keys.public(tmp_path / "keys") == {making.public("one"), making.public("other")}
    (tmp_path / "named").write_text(f"apps-1 {one}\n")
    assert keys.named(tmp_path / "named") == {"apps-1": making.public("one")}


@pytest.mark.parametrize(
    "text", ["", "# none\n", "ssh-rsa AAAA\n", "ssh-ed25519\n", "ssh-ed25519 !!\n", "hello\n"]
)
def test_what_is_no_list_of_keys(tmp_path, text):
    (tmp_path / "keys").write_text(text)
    for read in (keys.public, keys.named):
        with pytest.raises(NuageError):
            read(tmp_path / "keys")
