"""The program that copies and brings back: what it can be asked, what it makes of others' words, its ledger."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "roles/server_backup/files/usr/local/lib/nuage/backup"
NAMES = (
    "alerts",
    "databases",
    "drill",
    "identity",
    "ledger",
    "moment",
    "notice",
    "repository",
    "restore",
    "send",
    "settings",
    "units",
)


@pytest.fixture
def modules() -> Iterator[dict[str, ModuleType]]:
    """The server's modules by name, which import each other as the server's own folder has them."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield {name: importlib.import_module(name) for name in NAMES}
    finally:
        sys.path.remove(str(FOLDER))
        for name in NAMES:
            sys.modules.pop(name, None)


@pytest.fixture
def of(modules: dict[str, ModuleType]) -> Any:
    settings = {"keeper": "192.0.2.90", "port": 2222, "services": ("nextcloud", "wordpress")}
    return modules["settings"].Settings("46005-apps", "46005", **settings, upload_kib=512, first=True)


@pytest.mark.parametrize("path", ["../etc/passwd", "a/../../b", "a//b", "./a"])
def test_a_path_stays_below_the_municipality(modules: dict[str, ModuleType], of: Any, path: str) -> None:
    with pytest.raises(modules["settings"].BackupError) as caught:
        modules["restore"].Asked(of, {"path": path})
    assert caught.value.key == "backup.no-path"


def test_a_part_has_its_own_files_and_database(modules: dict[str, ModuleType], of: Any) -> None:
    asked = modules["restore"].Asked(of, {"only": "wordpress"})
    assert (asked.below, asked.databases, asked.services) == ("wordpress", ("wordpress",), ("wordpress",))
    whole = modules["restore"].Asked(of, {})
    assert (whole.below, whole.databases) == ("", ("nextcloud", "wordpress"))
    assert modules["restore"].Asked(of, {"only": "files"}).databases == ()


COPIES = [
    {"id": "aa", "hostname": "46005-apps", "time": "2026-11-28T01:00:00Z"},
    {"id": "bb", "hostname": "46005-identity", "time": "2026-11-28T02:00:00Z"},
    {"id": "cc", "hostname": "46005-apps", "time": "2026-11-29T01:00:00Z"},
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, "cc"),
        ({"at": 1795910400}, "aa"),
        ({"copy": "aa"}, "aa"),
        ({"at": 5}, None),
        ({"copy": "bb"}, None),
    ],
)
def test_the_copy_that_is_meant(
    modules: dict[str, ModuleType], of: Any, wanted: dict[str, Any], found: str | None
) -> None:
    asked = modules["restore"].Asked(of, wanted)
    if found is None:
        with pytest.raises(modules["settings"].BackupError):
            modules["restore"].choose(COPIES, asked, of.name)
    else:
        assert modules["restore"].choose(COPIES, asked, of.name)["id"] == found


@pytest.mark.parametrize(
    ("code", "said", "key"),
    [
        (12, "Fatal: wrong password or no key found", "backup.wrong-key"),
        (11, "Fatal: unable to create lock", "backup.repository-busy"),
        (1, "rclone: ssh: connect to host 192.0.2.90 port 22: Connection refused", "backup.keeper-gone"),
        (1, "rclone: Host key verification failed.", "backup.keeper-other"),
        (1, "Fatal: ciphertext verification failed", "backup.repository-broken"),
        (1, "rclone: ERROR : data/ab: write: disk quota exceeded", "backup.keeper-full"),
        (1, "Fatal: write /tmp/pack: no space left on device", "backup.failed"),
        (1, "something new", "backup.failed"),
    ],
)
def test_what_others_say_has_a_meaning(
    modules: dict[str, ModuleType], code: int, said: str, key: str
) -> None:
    done = subprocess.CompletedProcess([], code, "", said)
    assert modules["repository"].Repository._wrong(done).key == key


def test_no_secret_is_on_the_command_line(modules: dict[str, ModuleType], of: Any) -> None:
    words = modules["repository"].Repository(of).command("snapshots")
    assert "/etc/nuage/backup/46005-apps.password" in words
    assert "StrictHostKeyChecking=yes" in " ".join(words)
    assert words[words.index("--limit-upload") + 1] == "512"


def test_a_ledger_sees_every_change(modules: dict[str, ModuleType], tmp_path: Path) -> None:
    ledger = modules["ledger"]
    (tmp_path / "a").mkdir()
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "left-out").write_text("x")
    (tmp_path / "a" / "one").write_text("one")
    (tmp_path / "a" / "link").symlink_to("/etc/passwd")
    before = ledger.files(tmp_path)
    assert set(before) == {"a", "a/one", "a/link"}
    assert before["a/link"]["sha256"] == "link:/etc/passwd"
    assert ledger.files(tmp_path, before) == before
    # Same size and time of change of the content: the time of change of the file itself tells.
    state = (tmp_path / "a" / "one").stat()
    time.sleep(0.02)
    (tmp_path / "a" / "one").write_text("two")
    os.utime(tmp_path / "a" / "one", ns=(state.st_atime_ns, state.st_mtime_ns))
    after = ledger.files(tmp_path, before)
    wanted, found = ledger.without_marks(before), ledger.without_marks(after)
    assert ledger.differences(wanted, found) == ["other: a/one"]
    (tmp_path / "a" / "one").chmod(0o600)
    (tmp_path / "b").touch()
    (tmp_path / "a" / "link").unlink()
    found = ledger.without_marks(ledger.files(tmp_path))
    assert ledger.differences(wanted, found) == ["missing: a/link", "other: a/one", "too many: b"]


def test_a_notice_keeps_name_and_certificate(
    modules: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = modules["notice"]
    monkeypatch.setattr(notice, "VHOSTS", tmp_path)
    monkeypatch.setattr(notice, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(notice, "_reload", lambda: None)
    vhost = tmp_path / "46005-wordpress.conf"
    text = (
        f"server {{\n    ssl_certificate x;\n    {notice.UNTIL}\n    location / {{ fastcgi_pass y; }}\n}}\n"
    )
    vhost.write_text(text)
    notice.show("46005", ["wordpress", "nextcloud"])
    shown = vhost.read_text()
    assert "ssl_certificate x;" in shown
    assert "fastcgi_pass" not in shown
    assert shown.count("{") == shown.count("}")
    notice.show("46005", ["wordpress"])
    assert (tmp_path / "kept" / vhost.name).read_text() == text, (
        "a second notice doesn't take the first for a site"
    )
    notice.end("46005", ["wordpress"])
    assert vhost.read_text() == text
    assert not (tmp_path / "kept" / vhost.name).exists()


def test_a_drill_is_of_those_that_were_tried_longest_ago(
    modules: dict[str, ModuleType], tmp_path: Path
) -> None:
    drill = modules["drill"]
    drill.SETTINGS, drill.STATE = tmp_path / "settings", tmp_path / "state"
    drill.SETTINGS.mkdir()
    drill.STATE.mkdir()
    assert drill.drawn() is None
    for name in ("46005-apps", "46010-apps", "46017-apps", "46017-identity", "46025-apps", "mail"):
        (drill.SETTINGS / f"{name}.json").write_text("{}")
    for name in ("46005-apps", "46010-apps", "46017-apps", "46017-identity"):
        (drill.STATE / f"{name}.json").write_text('{"success": {"at": 1}}')
    (drill.STATE / "46010-apps.drill.json").write_text('{"at": 20}')
    (drill.STATE / "46017-apps.drill.json").write_text('{"at": 10}')
    # 46025 was never copied; 46005 and one other were never brought back.
    assert {drill.drawn() for _ in range(60)} == {"46005-apps", "46017-identity"}
