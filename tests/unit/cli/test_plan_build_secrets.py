"""`nuage plan`, `build` and `secrets` as a person or a program meets them: output, language, exit code."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.inventory.tenant_variables import SECRETS

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "first"
RUN = "from provisioner.cli.main import run; run()"
LANGUAGES = ("fr", "en")


def environment(**more: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("NUAGE_")}
    return {**own, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT), **more}


def nuage(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, without a terminal."""
    return subprocess.run(
        [sys.executable, "-c", RUN, *map(str, arguments)],
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN, tmp_path / "c", ignore=shutil.ignore_patterns("expected"))
    return tmp_path / "c"


@pytest.fixture
def built(folder: Path) -> Path:
    done = nuage("build", "-C", folder, NUAGE_VAULT_PASSWORD="x")
    assert done.returncode == 0, done.stderr
    return folder


def test_plan_is_a_table_with_its_digest_and_writes_nothing(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    french, english = (nuage("--lang", language, "plan", "-C", folder) for language in LANGUAGES)
    assert (french.returncode, english.returncode) == (0, 0)
    assert "créer   46005  Abercorn" in french.stdout
    assert "create  46005  Abercorn" in english.stdout
    assert "Requests that wait for approval: 1" in english.stdout
    digest = json.loads(nuage("plan", "--json", "-C", folder).stdout)["digest"]
    assert f"Empreinte du plan : {digest[:16]}" in french.stdout
    assert f"Digest of the plan: {digest[:16]}" in english.stdout
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusals_come_with_their_consent_and_exit_4(built: Path, language: str) -> None:
    (built / "tenants" / "abercorn.yml").unlink()
    for verb in ("plan", "build"):
        done = nuage("--lang", language, verb, "-C", built, NUAGE_VAULT_PASSWORD="x")
        assert done.returncode == 4
        assert "--consent-remove 46005" in done.stderr
    shown = nuage("plan", "--json", "-C", built)
    assert shown.returncode == 4
    assert [each["reason"] for each in json.loads(shown.stdout)["refusals"]] == ["remove-needs-consent"]
    done = nuage("--lang", language, "build", "-C", built, "--consent-remove", "46005")
    assert done.returncode == 0, done.stderr


def test_a_move_shows_both_servers_and_says_that_data_stays(built: Path) -> None:
    home = json.loads((built / "build" / "hosts.json").read_text())["all"]["hosts"]["46005-apps"][
        "nuage_server"
    ]
    target = {"srv-1": "srv-2", "srv-2": "srv-1"}[home]
    asked = ("--move", f"abercorn={target}", "--consent-move", "46005")
    done = nuage("--lang", "en", "plan", "-C", built, *asked)
    assert done.returncode == 0, done.stderr
    assert f"{home} → {target}" in done.stdout
    assert "its data is not copied" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--move", "abercorn"),
        ("--move", "=srv-1"),
        ("--move", "abercorn=srv-1", "--move", "abercorn=srv-2"),
        ("--consent-move", "abercorn"),
        ("--consent-remove", "4600"),
        ("--consent-remove", "٤٦٠٠٥"),
    ],
)
def test_words_that_are_off_exit_2(folder: Path, arguments: tuple[str, ...]) -> None:
    assert nuage("plan", "-C", folder, *arguments).returncode == 2


def test_build_without_a_password_exits_5_and_says_how(folder: Path) -> None:
    for language, word in (("fr", "mot de passe"), ("en", "password")):
        done = nuage("--lang", language, "build", "-C", folder)
        assert done.returncode == 5
        assert word in done.stderr
        assert "NUAGE_VAULT_PASSWORD_FILE" in done.stderr
    assert not (folder / "build").exists()
    assert not (folder / "placement.lock.yml").exists()


def test_build_demands_the_reviewed_digest(folder: Path) -> None:
    done = nuage("build", "-C", folder, "--plan", "0123456789abcdef", NUAGE_VAULT_PASSWORD="x")
    assert done.returncode == 4
    assert not (folder / "build").exists()


def test_a_broken_lock_exits_3_with_its_line(built: Path) -> None:
    lock = built / "placement.lock.yml"
    lock.write_text("<<<<<<< HEAD\n" + lock.read_text())
    done = nuage("plan", "-C", built)
    assert done.returncode == 3
    assert f"{lock}:" in done.stderr


def test_secrets_are_listed_by_name_and_shown_to_a_terminal_only(built: Path) -> None:
    listed = nuage("secrets", "list", "--json", "-C", built, NUAGE_VAULT_PASSWORD="x")
    names = json.loads(listed.stdout)
    assert names["46005"] == sorted(SECRETS)
    ask = ("secrets", "show", "-C", built, "46005", "wordpress_seed")
    piped = nuage(*ask, NUAGE_VAULT_PASSWORD="x")
    assert (piped.returncode, piped.stdout) == (4, "")
    forced = nuage(*ask, "--force", NUAGE_VAULT_PASSWORD="x")
    secret = forced.stdout.strip()
    assert len(secret) == 32
    assert secret not in listed.stdout
    leader, follower = pty.openpty()
    command = [sys.executable, "-c", RUN, *map(str, ask)]
    done = subprocess.run(command, env=environment(NUAGE_VAULT_PASSWORD="x"), stdout=follower, check=False)
    os.close(follower)
    assert done.returncode == 0
    assert os.read(leader, 1000).decode().strip() == secret
    os.close(leader)


@pytest.mark.parametrize(
    ("arguments", "password", "code"),
    [
        (("46005", "nothing"), "x", 3),
        (("99999", "wordpress_seed"), "x", 3),
        (("46005", "wordpress_seed"), "wrong", 3),
    ],
)
def test_secrets_that_do_not_show(built: Path, arguments: tuple[str, ...], password: str, code: int) -> None:
    done = nuage("secrets", "show", "--force", "-C", built, *arguments, NUAGE_VAULT_PASSWORD=password)
    assert (done.returncode, done.stdout) == (code, "")


def test_ansibles_password_program_speaks_its_protocol(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("mot de passe\n")
    script = "from provisioner.inventory.vault_password import run; run()"
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command,
        env=environment(NUAGE_VAULT_PASSWORD_FILE=str(file)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "mot de passe\n", "")
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, check=False, start_new_session=True
    )
    assert (done.returncode, done.stdout) == (5, "")
