"""Drop-ins: whose fault a refusal is, and when a file differs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import activation, files

FOLDER = activation.NGINX


def test_a_warning_blames_nobody() -> None:
    complaint = (
        f'nginx: [warn] conflicting server name "a.example" in {FOLDER}/01023-wordpress.conf:3, ignored\n'
        f'nginx: [emerg] unknown directive "lisen" in {FOLDER}/46005-wordpress.conf:2\n'
        "nginx: configuration file /etc/nginx/nginx.conf test failed"
    )
    assert activation.named(complaint) == FOLDER / "46005-wordpress.conf"


@pytest.mark.parametrize(
    "complaint",
    [
        'nginx: [emerg] cannot load certificate "/var/lib/nuage/certificates/a.example/fullchain.pem"',
        f"nginx: [warn] something in {FOLDER}/01023-wordpress.conf:3",
        "",
    ],
)
def test_an_error_that_names_no_vhost(complaint: str) -> None:
    assert activation.named(complaint) is None


def test_a_broken_part_costs_the_others_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tenants, realms, asked = tmp_path / "tenants", tmp_path / "identity", []
    for folder in (tenants, realms):
        folder.mkdir()
    (tenants / "identity.nft").write_text(f'include "{realms}/*.nft"\n')
    (tenants / "46005.nft").touch()
    for code, text in (("01023", "fine\n"), ("46005", "not a rule\n"), ("82005", "fine\n")):
        (realms / f"{code}-identity.nft").write_text(text)

    def nft(arguments: list[str]) -> None:
        asked.append(arguments)
        if "not a rule" in Path(arguments[-1]).read_text():
            raise activation.ProgramError("syntax error")

    monkeypatch.setattr(activation, "run", nft)
    monkeypatch.setattr(activation, "NFTABLES", tenants)
    monkeypatch.setattr(activation, "REALMS", realms)
    monkeypatch.setattr(activation, "QUARANTINE", tmp_path / "quarantine")
    assert activation.load_nftables(["identity.nft", "46005.nft"]) == {"46005-identity.nft": "syntax error"}
    assert ["nft", "--file", str(tenants / "identity.nft")] in asked
    assert sorted(path.name for path in realms.iterdir()) == ["01023-identity.nft", "82005-identity.nft"]
    # Told to the one whose it is; its own rules as a municipality are another file, and fine.
    assert activation.quarantined("46005") == {"46005-identity.nft": "syntax error"}
    assert activation.quarantined("01023") == {}


def wanted(path: Path, content: str, group: str) -> dict[str, object]:
    return {
        "path": str(path),
        "content": content,
        "secret_content": "",
        "group": group,
        "mode": "0640",
        "validate": "",
    }


def test_check_mode_on_a_municipality_whose_group_is_to_be_made(tmp_path: Path) -> None:
    path = tmp_path / "file"
    difference = files.ensure_file(wanted(path, "a\n", "t99999"), check_mode=True)
    assert difference is not None
    assert difference["after"] == "a\n"
    assert not path.exists()
    with pytest.raises(KeyError):
        files.ensure_file(wanted(path, "a\n", "t99999"), check_mode=False)


def test_a_carriage_return_is_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a\r\nb\n")
    found = files.current(path)
    assert found is not None
    assert found[0] == "a\r\nb\n"
    assert found[2] == os.geteuid()


@pytest.mark.parametrize(
    ("noted", "runs", "expected"),
    [
        ((), True, set()),
        ((), False, {"nginx"}),
        (("systemd",), False, {"systemd", "nginx"}),
        (("nginx",), True, {"nginx"}),
    ],
)
def test_a_web_server_that_does_not_run_is_looked_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noted: tuple[str, ...], runs: bool, expected: set[str]
) -> None:
    for name in noted:
        (tmp_path / name).touch()
    monkeypatch.setattr(activation, "PENDING", tmp_path)
    monkeypatch.setattr(activation, "WEB_SERVER", tmp_path)
    monkeypatch.setattr(activation, "runs", lambda unit: runs)
    assert activation.noted() == expected


def test_a_server_without_a_web_server_asks_for_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activation, "PENDING", tmp_path / "absent")
    monkeypatch.setattr(activation, "WEB_SERVER", tmp_path / "nginx")
    monkeypatch.setattr(activation, "runs", lambda unit: False)
    assert activation.noted() == set()


def test_an_interrupted_write_wants_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activation, "WANTED", tmp_path)
    (tmp_path / "46005-wordpress").write_text("nuage-wordpress@46005.socket\n\n")
    (tmp_path / ".01023-wordpress.a1b2").write_text("nuage-wordpress@01023.socket\n")
    assert activation.wanted_units() == {"nuage-wordpress@46005.socket"}
    monkeypatch.setattr(activation, "WANTED", tmp_path / "absent")
    assert activation.wanted_units() == set()
