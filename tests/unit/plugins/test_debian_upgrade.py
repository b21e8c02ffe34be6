"""What apt says it would install, and who still runs from files that were replaced."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import debian_upgrade as module

SIMULATED = """\
Inst base-files [13.8] (13.8+deb13u4 Debian:13.4/stable [amd64])
Inst libssl3t64 [3.5.4-1~deb13u1] (3.5.4-1~deb13u2 Debian-Security:13/stable-security [amd64]) [openssl:amd64 ]
Inst openssl [3.5.4-1~deb13u1] (3.5.4-1~deb13u2 Debian:13.4/stable, Debian-Security:13/stable-security [amd64])
Inst linux-image-6.12.90 (6.12.90-1 Debian-Security:13/stable-security [amd64])
Conf libssl3t64 (3.5.4-1~deb13u2 Debian-Security:13/stable-security [amd64])
"""


def test_security_alone_is_taken_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], environment: dict[str, str]) -> str:
        assert environment["DEBIAN_FRONTEND"] == "noninteractive"
        asked.append(command)
        return SIMULATED if "upgrade" in command else SIMULATED.partition("\n")[2]

    monkeypatch.setattr(module, "run", run)
    assert [one["name"] for one in module.pending("stable")] == [
        "base-files",
        "libssl3t64",
        "openssl",
        "linux-image-6.12.90",
    ]
    assert [one["name"] for one in module.pending("security")] == [
        "libssl3t64",
        "openssl",
        "linux-image-6.12.90",
    ]
    assert asked[-1][-3:] == [
        "libssl3t64=3.5.4-1~deb13u2",
        "openssl=3.5.4-1~deb13u2",
        "linux-image-6.12.90=6.12.90-1",
    ]
    (new,) = [one for one in module.pending("stable") if not one["was"]]
    assert new["name"] == "linux-image-6.12.90"


MAPS = """\
55d0 r-xp 00000000 00:1f 1 /usr/sbin/nginx
7f00 r-xp 00000000 00:1f 2 /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)
7f01 rw-s 00000000 00:01 3 /dev/zero (deleted)
7f02 rw-s 00000000 00:01 4 /memfd:opcache_lock (deleted)
7f03 rw-p 00000000 00:00 0
"""


def process(folder: Path, number: str, maps: str, cgroup: str) -> None:
    (folder / number).mkdir()
    (folder / number / "maps").write_text(maps)
    (folder / number / "cgroup").write_text(cgroup)


def test_who_runs_from_replaced_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROC", tmp_path)
    process(tmp_path, "1", MAPS, "0::/init.scope\n")
    process(tmp_path, "20", MAPS, "0::/system.slice/nginx.service\n")
    # cgroup v1: other controllers know nothing of units.
    process(
        tmp_path, "21", MAPS, "4:memory:/a.service\n1:name=systemd:/system.slice/postgresql@17-main.service\n"
    )
    process(tmp_path, "22", MAPS, "0::/user.slice/user-0.slice/session-3.scope\n")
    process(tmp_path, "23", MAPS.replace(".so.3 (deleted)", ".so.3"), "0::/system.slice/cron.service\n")
    (tmp_path / "24").mkdir()
    library = ["/usr/lib/x86_64-linux-gnu/libssl.so.3"]
    assert module.stale() == {
        "init": library,
        "nginx.service": library,
        "postgresql@17-main.service": library,
    }
    assert module.mapped(tmp_path / "23") == {"/usr/sbin/nginx", *library}


@pytest.mark.parametrize(("package", "felt"), [("libssl3t64", True), ("base-files", False)])
def test_people_are_told_only_where_they_would_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, felt: bool
) -> None:
    monkeypatch.setattr(module, "PROC", tmp_path)
    process(tmp_path, "20", MAPS.replace(" (deleted)", ""), "0::/system.slice/mariadb.service\n")

    files = {"libssl3t64": "/.\n/lib/x86_64-linux-gnu/libssl.so.3\n", "base-files": "/.\n/etc/issue\n"}
    monkeypatch.setattr(module, "run", lambda command: files[command[-1]])
    assert module.touched([{"name": package, "was": "1"}]) is felt
    assert module.touched([{"name": package, "was": ""}]) is False, "what is new is nobody's yet"


def test_what_people_ask_comes_back_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    kinds = {"nuage-backup@46005-apps.service": "oneshot"}
    monkeypatch.setattr(module, "kind", lambda unit: kinds.get(unit, "simple"))
    monkeypatch.setattr(module, "hand_on", lambda: done.append("nginx.service"))

    def run(command: list[str], timeout: int = 300) -> str:
        if "broken.service" in command:
            raise module.ProgramError("it doesn't start")
        done.append(command[-1])
        return ""

    monkeypatch.setattr(module, "run", run)
    units = [
        "init",
        "nginx.service",
        "broken.service",
        "dbus.service",
        "mariadb.service",
        *kinds,
        "cron.service",
    ]
    left = module.restart(units)
    assert left == {
        "broken.service": "it doesn't start",
        "dbus.service": "reboot",
        "nuage-backup@46005-apps.service": "ends-by-itself",
    }
    assert done == ["mariadb.service", "cron.service", "daemon-reexec", "nginx.service"]
