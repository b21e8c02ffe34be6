"""The wheel alone gives a working `nuage`; the tree alone gives a collection. Both without any network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

import pytest

from provisioner.inventory.tree import ansible_root, collection_root
from tests.golden.cases import HERE

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def run(*command: str | Path, cwd: Path | None = None, **environ: str) -> str:
    """Standard output of a command that must succeed."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ANSIBLE"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**own, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with the wheel in it; its dependencies come from this one."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, ROOT)
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    [wheel] = folder.glob("*.whl")
    run(*pip, "--python", python, "install", "--no-deps", "--no-index", wheel)
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "venv"


@pytest.fixture(scope="module")
def built(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A consortium's folder, built by the installed command from elsewhere than the checkout."""
    folder = tmp_path_factory.mktemp("consortium") / "c"
    shutil.copytree(HERE / "first", folder)
    nuage = installed / "bin" / "nuage"
    run(nuage, "--lang", "en", "build", "-C", folder, cwd=folder.parent, NUAGE_VAULT_PASSWORD="x")
    return folder


def test_the_wheel_is_what_runs(installed: Path) -> None:
    script = "import provisioner.inventory.tree as t; print(t.__file__); print(t.ansible_root())"
    for line in run(installed / "bin" / "python", "-c", script, cwd=installed).splitlines():
        assert line.startswith(str(installed))


def test_the_wheel_has_the_pins_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    listed = [
        json.loads(
            run(folder / "nuage", "artifacts", "list", "--json", cwd=tmp_path, NUAGE_ARTIFACTS=str(tmp_path))
        )
        for folder in (installed / "bin", BIN)
    ]
    assert listed[0] == listed[1]
    assert {"keycloak", "nextcloud"} <= {entry["name"] for entry in listed[0]["artifacts"]}


def test_wheel_and_checkout_give_the_same_inventory(built: Path, tmp_path: Path) -> None:
    folder = tmp_path / "c"
    shutil.copytree(HERE / "first", folder)
    run(BIN / "nuage", "build", "-C", folder, cwd=tmp_path, NUAGE_VAULT_PASSWORD="x")
    for name in (
        "build/hosts.json",
        "build/known_hosts",
        "build/group_vars/all/main.json",
        "placement.lock.yml",
    ):
        assert (folder / name).read_bytes() == (built / name).read_bytes()


def test_plain_ansible_takes_the_inventory_and_the_wheels_playbooks(installed: Path, built: Path) -> None:
    python = installed / "bin" / "python"
    script = "import provisioner.inventory.tree as t; print(t.ansible_root()); print(t.collection_root())"
    root, collection = run(python, "-c", script, cwd=installed).split()
    environ = {
        "ANSIBLE_CONFIG": f"{root}/ansible.cfg",
        "ANSIBLE_VAULT_PASSWORD_FILE": str(installed / "bin" / "nuage-vault-password"),
        "NUAGE_VAULT_PASSWORD": "x",
    }
    graph = run(BIN / "ansible-inventory", "-i", built / "build", "--graph", cwd=built, **environ)
    assert {"@servers:", "@tenants:", "@tenant_46005:", "@region_estrie:"} <= set(
        graph.replace("|--", " ").split()
    )
    site = f"{collection}/playbooks/site.yml"
    out = run(BIN / "ansible-playbook", "-i", built / "build", "--syntax-check", site, cwd=built, **environ)
    assert "playbook:" in out


def test_the_collection_builds_offline_and_holds_no_more_than_it_should(tmp_path: Path) -> None:
    run(BIN / "ansible-galaxy", "collection", "build", "--output-path", tmp_path, cwd=ROOT)
    [archive] = tmp_path.glob("nuage_commun-platform-*.tar.gz")
    with tarfile.open(archive) as tar:
        tops = {name.split("/")[0] for name in tar.getnames()}
    wanted = {"FILES.json", "MANIFEST.json", "docs", "meta", "playbooks", "plugins", "roles"}
    assert wanted <= tops
    assert {top for top in tops - wanted if not top.endswith(".md") and top != "LICENSE"} == set()
    run(
        *(BIN / "ansible-galaxy", "collection", "install", "--offline", "-p", tmp_path / "here", archive),
        cwd=tmp_path,
    )
    manifest = tmp_path / "here/ansible_collections/nuage_commun/platform/MANIFEST.json"
    assert json.loads(manifest.read_text())["collection_info"]["license"] == ["AGPL-3.0-or-later"]


def test_in_the_checkout_the_collection_is_the_tree() -> None:
    assert ansible_root() == ROOT
    for name in ("roles", "plugins", "playbooks", "meta", "galaxy.yml"):
        assert (collection_root() / name).resolve() == ROOT / name
