"""Archives become trees on a real host: asked first, verified there, all or nothing."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_runner
import pytest

from provisioner.artifacts.cache import Cache
from provisioner.artifacts.model import Format, Pin
from provisioner.lab.lab import Lab
from tests.conftest import ROOT

pytestmark = pytest.mark.lab

TREES = "/usr/share/nuage/trees"
CONTENT = os.urandom(300_000)


@dataclass
class Server:
    """A host of the lab, and a cache of archives on this machine."""

    lab: Lab
    folder: Path
    cache: Cache

    def supply(self, version: str) -> Pin:
        """An archive of that version, in the cache."""
        file = self.folder / "app.tar.gz"
        with tarfile.open(file, "w:gz") as tar:
            for name, content in (("app/version", version.encode()), ("app/lib/data", CONTENT)):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        pin = Pin(name="app", version=version, format=Format.TAR_GZ, sha256=sha256, size=None, licence="MIT")
        return self.cache.adopt(file, pin)

    def play(self, pin: Pin, *, check: bool = False, **more: Any) -> dict[str, Any]:
        """What the task said."""
        status = self.lab.status()
        said: list[dict[str, Any]] = []

        def keep(event: dict[str, Any]) -> bool:
            if event["event"] in ("runner_on_ok", "runner_on_failed"):
                said.append(event["event_data"]["res"])
            return False

        wanted = {"name": "app", "version": pin.version, "sha256": pin.sha256, "src": str(self.cache.folder)}
        task = {"name": "Tree", "nuage_commun.platform.artifact_tree": {**wanted, **more}}
        host = {
            "ansible_host": str(status.hosts[0].address),
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(status.private_key),
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={status.known_hosts}",
        }
        ansible_runner.run(
            private_data_dir=tempfile.mkdtemp(dir=self.folder),
            playbook=[{"hosts": "all", "gather_facts": False, "tasks": [task]}],
            inventory={"all": {"hosts": {"srv1": host}}},
            envvars={
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            },
            cmdline="--check --diff" if check else None,
            event_handler=keep,
            quiet=True,
        )
        [result] = said
        return result

    def run(self, command: str) -> str:
        """Standard output of a command on the host."""
        done = self.lab.run("srv1", [command])
        assert done.returncode == 0, done.stderr
        return str(done.stdout)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    lab, folder = Lab("test-trees"), tmp_path_factory.mktemp("trees")
    lab.down()
    try:
        lab.up(("srv1",))
        yield Server(lab, folder, Cache(folder / "cache"))
    finally:
        lab.down()


def test_check_mode_transfers_nothing(server: Server) -> None:
    said = server.play(server.supply("1.0"), check=True)
    assert (said["changed"], said["diff"]["after"]) == (True, "app 1.0\n")
    assert server.run(f"test ! -e {TREES} && echo absent") == "absent\n"


def test_the_tree_is_made_once_and_nothing_is_left_over(server: Server) -> None:
    pin = server.supply("1.0")
    said = server.play(pin)
    path = f"{TREES}/app-1.0-{str(pin.sha256)[:12]}"
    assert (said["changed"], said["path"]) == (True, path)
    assert server.run(f"sha256sum < {path}/lib/data").split()[0] == hashlib.sha256(CONTENT).hexdigest()
    found = server.run(f"stat -c '%U:%G %a' {path} {path}/lib {path}/lib/data {TREES}").splitlines()
    assert found == ["root:root 755", "root:root 755", "root:root 644", "root:root 755"]
    assert json.loads(server.run(f"cat {path}.artifact.json"))["sha256"] == pin.sha256
    before = server.run(f"stat -c '%i %Z' {path}/version")
    assert not server.play(pin)["changed"]
    assert server.run(f"stat -c '%i %Z' {path}/version") == before
    assert server.run("ls -A ~/.ansible/tmp") == ""
    assert sorted(server.run(f"ls -A {TREES}").split()) == [
        ".lock",
        path.rsplit("/", 1)[1],
        f"{path.rsplit('/', 1)[1]}.artifact.json",
    ]


def test_another_version_comes_beside_the_first(server: Server) -> None:
    first, second = server.supply("2.0"), server.supply("2.1")
    for pin in (first, second):
        server.play(pin)
    versions = server.run(f"cat {TREES}/app-2.0-*/version {TREES}/app-2.1-*/version")
    assert versions == "2.02.1"


def test_a_damaged_archive_isnt_even_sent(server: Server) -> None:
    pin = server.supply("1.2")
    path = server.cache.path(str(pin.sha256))
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    said = server.play(pin)
    assert said["nuage_key"] == "artifacts.cache-mismatch"
    assert said["nuage_context"]["expected"] == pin.sha256
    assert "app-1.2" not in server.run(f"ls {TREES}")
    path.unlink()
    assert server.play(pin)["nuage_key"] == "artifacts.not-in-cache"


def test_what_an_interrupted_run_left_is_replaced(server: Server) -> None:
    pin = server.supply("1.3")
    path = f"{TREES}/app-1.3-{str(pin.sha256)[:12]}"
    server.run(f"mkdir -p {path}/half {TREES}/.{path.rsplit('/', 1)[1]}.abc/lib")
    assert server.play(pin)["changed"]
    assert server.run(f"ls -A {path}").split() == ["lib", "version"]
    assert ".abc" not in server.run(f"ls -A {TREES}")


def test_a_full_disk_leaves_nothing_and_the_next_run_goes_on(server: Server) -> None:
    pin = server.supply("1.4")
    server.run("mkdir -p /srv/small && mount -t tmpfs -o size=128k none /srv/small")
    said = server.play(pin, root="/srv/small")
    assert said["nuage_key"] == "artifacts.disk-full-on-server"
    assert server.run("ls -A /srv/small") == ".lock\n"
    server.run("mount -o remount,size=1m /srv/small")
    assert server.play(pin, root="/srv/small")["changed"]
