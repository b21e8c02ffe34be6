"""Secrets from elsewhere: encrypted, told by their names, and asked for before anything is built."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from provisioner import workflow
from provisioner.errors import RefusedError
from provisioner.inventory import given
from tests.unit.planning import making

LDAP = {"url": "ldaps://a.example", "bind_dn": "cn=x", "users_dn": "ou=y"}
BROKER = {"issuer": "https://i.example/", "client_id": "n", "name": "Ville"}


def test_what_a_spec_needs() -> None:
    plain = making.tenant("46005", services={"identity": {}})
    both = making.tenant("46005", services={"identity": {"federation": LDAP, "broker": BROKER}})
    assert list(given.wanted(plain)) == []
    assert sorted(given.wanted(both)) == list(given.NAMES)


def test_it_is_encrypted_and_its_name_says_that_it_is_there(tmp_path: Path) -> None:
    tenant = making.tenant("46005", services={"identity": {"federation": LDAP}})
    assert given.missing(tmp_path, [tenant]) == [("46005", "ldap_bind_password")]
    kept = given.keep(tmp_path, "46005", "ldap_bind_password", "sésame", b"x")
    assert given.missing(tmp_path, [tenant]) == []
    assert kept.stat().st_mode & 0o777 == 0o600
    assert b"same" not in kept.read_bytes()
    (tmp_path / "password").write_text("x\n")
    command = [
        Path(sys.executable).parent / "ansible-vault",
        "view",
        "--vault-password-file",
        tmp_path / "password",
        kept,
    ]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "sésame"


def test_setting_it_changes_a_digest_that_tells_nothing_of_it(tmp_path: Path) -> None:
    tenant = making.tenant("46005", services={"identity": {"federation": LDAP}})
    neighbour = making.tenant("46010", services={"identity": {}})
    assert given.digests(tmp_path, [tenant, neighbour]) == {}
    given.keep(tmp_path, "46005", "ldap_bind_password", "sésame", b"x")
    # One that the spec doesn't ask for is no news.
    given.keep(tmp_path, "46005", "broker_client_secret", "autre", b"x")
    first = given.digests(tmp_path, [tenant, neighbour])
    assert first == given.digests(tmp_path, [tenant, neighbour])
    assert list(first) == ["46005"]
    # The same secret again: what is in the file can't be told by comparing.
    given.keep(tmp_path, "46005", "ldap_bind_password", "sésame", b"x")
    assert given.digests(tmp_path, [tenant]) != first


def test_nothing_is_built_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = making.tenant("46005", services={"identity": {"broker": BROKER}})
    spec = making.consortium(making.server(1, roles=["identity"], identity_domain="i.example"))
    from provisioner import folder as folders

    loaded = folders.ConsortiumFolder(folder=tmp_path, consortium=spec, tenants={"m46005": tenant})
    monkeypatch.setattr(folders, "load", lambda path: loaded)
    with pytest.raises(RefusedError) as refused:
        workflow.build(tmp_path, lambda: b"x")
    assert refused.value.problems[0].context == {"code": "46005", "name": "broker_client_secret"}
    assert not (tmp_path / "build").exists()
