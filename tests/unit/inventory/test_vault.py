from __future__ import annotations

import sys
from pathlib import Path

import pytest

from provisioner.errors import InvalidInputError, MachineError
from provisioner.inventory import vault
from provisioner.inventory.vault_password import handed_on, vault_password

NAMES = ("wordpress_seed", "wordpress_admin_password")


def test_vault_round_trips_and_shows_nothing() -> None:
    values = vault.complete({}, ["46005", "46010"], NAMES)
    text = vault.seal(values, b"mot de passe")
    assert text.startswith("$ANSIBLE_VAULT;1.1;AES256\n")
    assert "46005" not in text
    assert vault.unlock(text, b"mot de passe") == values


def test_what_is_there_is_never_rewritten() -> None:
    before = {"46005": {"wordpress_seed": "kept", "of-another-version": "kept too"}}
    after = vault.complete(before, ["46005"], NAMES)
    assert after["46005"].items() >= before["46005"].items()
    assert set(after["46005"]) == {*before["46005"], *NAMES}
    assert vault.complete(after, ["46005"], NAMES) == after


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("nuage_secrets: {}", "secrets.not-a-vault"),
        ("", "secrets.not-a-vault"),
        ("$ANSIBLE_VAULT;1.1;AES256\n3030\n", "secrets.wrong-password"),
        (None, "secrets.wrong-password"),
    ],
)
def test_what_does_not_open_is_an_error(text: str | None, key: str) -> None:
    sealed = vault.seal({"46005": {"a": "b"}}, b"right") if text is None else text
    with pytest.raises(InvalidInputError) as caught:
        vault.unlock(sealed, b"wrong")
    assert caught.value.problems[0].key == key


@pytest.mark.parametrize(
    "inside", ["[1]", "{}", "nuage_secrets: 3", '{"nuage_secrets": {"46005": "sesame"}}', "a: ["]
)
def test_a_vault_of_something_else_is_an_error_that_tells_nothing(inside: str) -> None:
    from ansible.parsing.vault import VaultLib, VaultSecret

    secret = VaultSecret(b"x")
    sealed = VaultLib([("default", secret)]).encrypt(inside.encode(), secret=secret).decode()
    with pytest.raises(InvalidInputError) as caught:
        vault.unlock(sealed, b"x")
    assert caught.value.problems[0].key == "secrets.vault-broken"
    assert caught.value.__suppress_context__
    assert "sesame" not in repr(caught.value.problems)


def test_password_sources_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "mot de passe"
    file.write_text("from file\n")
    command = f"{sys.executable} -c 'print(\"from command\")'"
    environ = {
        "NUAGE_VAULT_PASSWORD": "from environment",
        "NUAGE_VAULT_PASSWORD_FILE": str(file),
        "NUAGE_VAULT_PASSWORD_COMMAND": command,
    }
    found = []
    for name in list(environ):
        found.append(vault_password(environ, lambda: "asked"))
        del environ[name]
    found.append(vault_password({}, lambda: "asked"))
    assert found == [b"from environment", b"from file", b"from command", b"asked"]


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({}, "secrets.no-password"),
        ({"NUAGE_VAULT_PASSWORD": ""}, "secrets.empty-password"),
        ({"NUAGE_VAULT_PASSWORD_FILE": "/nonexistent"}, "secrets.password-file"),
        ({"NUAGE_VAULT_PASSWORD_COMMAND": "false"}, "secrets.password-command"),
        ({"NUAGE_VAULT_PASSWORD_COMMAND": "/nonexistent"}, "secrets.password-command"),
        ({"NUAGE_VAULT_PASSWORD_COMMAND": "unbalanced '"}, "secrets.password-command"),
        ({"NUAGE_VAULT_PASSWORD_COMMAND": "true"}, "secrets.empty-password"),
    ],
)
def test_no_password_is_an_error_of_the_machine(environ: dict[str, str], key: str) -> None:
    with pytest.raises(MachineError) as caught:
        vault_password(environ)
    assert caught.value.problems[0].key == key


def test_a_command_is_no_shell(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    assert (
        vault_password({"NUAGE_VAULT_PASSWORD_COMMAND": f"echo x; touch {marker}"})
        == f"x; touch {marker}".encode()
    )
    assert not marker.exists()


def test_a_person_is_asked_before_programs_start_and_leaves_no_trace() -> None:
    environ: dict[str, str] = {}
    with handed_on(environ, lambda: "asked\n"):
        assert vault_password(environ) == b"asked"
    assert environ == {}


@pytest.mark.parametrize("suffix", ["", "_FILE", "_COMMAND"])
def test_a_named_source_is_left_to_the_programs(suffix: str) -> None:
    environ = {f"NUAGE_VAULT_PASSWORD{suffix}": "/nonexistent"}
    before = dict(environ)
    with handed_on(environ, lambda: pytest.fail("asked")):
        assert environ == before
    assert environ == before


def test_a_file_is_handed_on_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "password").write_text("kept\n")
    monkeypatch.chdir(tmp_path)
    environ = {"NUAGE_VAULT_PASSWORD_FILE": "password"}
    with handed_on(environ, None):
        monkeypatch.chdir("/")
        assert vault_password(environ) == b"kept"


def test_without_source_or_terminal_nothing_starts() -> None:
    with pytest.raises(MachineError) as caught, handed_on({}, None):
        pytest.fail("started")
    assert caught.value.problems[0].key == "secrets.no-password"
