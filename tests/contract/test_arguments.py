"""The generated inventory against each role's argument specs, by ansible-core's own validator.

Values are rendered first, as a play does it, because the validator takes literal values only.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from tests.contract import roles
from tests.golden.cases import CASES, HERE

ROOT = Path(__file__).parents[2]
ANSIBLE = Path(sys.executable).parent
PLAY = """
- hosts: all
  gather_facts: false
  connection: local
  vars:
    ansible_become: false
  tasks:
    - ansible.builtin.file:
        path: "{{ playbook_dir }}/shown"
        state: directory
      run_once: true
    - ansible.builtin.copy:
        content: "{{ dict(names | zip(q('vars', *names))) | to_json }}"
        dest: "{{ playbook_dir }}/shown/{{ inventory_hostname }}.json"
      vars:
        names: "{{ q('varnames', '^(server|tenant)_') }}"
"""


def literal_hosts(folder: Path) -> dict[str, dict[str, Any]]:
    """Every host's own variables, rendered by Ansible itself on this machine, with the real vault."""
    environ = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_VAULT_PASSWORD_FILE": str(ANSIBLE / "nuage-vault-password"),
    }
    play = folder / "show.yml"
    play.write_text(PLAY, "utf-8")
    command = [str(ANSIBLE / "ansible-playbook"), "-i", str(folder / "build"), str(play)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    return {path.stem: json.loads(path.read_text("utf-8")) for path in (folder / "shown").glob("*.json")}


@pytest.fixture(scope="module", params=CASES)
def hosts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """Hosts of a golden case, built by the real command."""
    folder = tmp_path_factory.mktemp(request.param)
    shutil.copytree(HERE / request.param, folder, dirs_exist_ok=True)
    (folder / "autorite.pem").write_text("the consortium's own authority\n", "utf-8")
    patch = pytest.MonkeyPatch()
    patch.setenv("NUAGE_VAULT_PASSWORD", "contract")
    consent = []
    if request.param == "second":
        consent = ["--move", "gabarit=srv-2", "--consent-move", "82005", "--consent-remove", "46005"]
    command = [str(ANSIBLE / "nuage"), "build", "-C", str(folder), *consent]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    try:
        return literal_hosts(folder)
    finally:
        patch.undo()


def test_every_variable_belongs_to_a_role_and_every_role_accepts_its_own(
    hosts: dict[str, dict[str, Any]],
) -> None:
    assert len(hosts) == 6
    for host, variables in hosts.items():
        layer = "tenant" if host[:5].isdigit() else "server"
        known: set[str] = set()
        for role in (name for name in roles.names() if name.startswith(f"{layer}_")):
            options = roles.options(role)
            known |= options.keys()
            own = {name: value for name, value in variables.items() if name in options}
            if not own:
                continue  # A role of other hosts: sign-in servers, municipalities with accounts.
            result = ArgumentSpecValidator(options).validate(own)
            assert not result.error_messages, (host, role, result.error_messages)
        assert not variables.keys() - known, (host, variables.keys() - known)


def test_text_of_a_spec_is_never_rendered(hosts: dict[str, dict[str, Any]]) -> None:
    assert hosts["82005-apps"]["tenant_wordpress_title"] == "L'Ange-Gardien {{ lookup('pipe', 'id') }}"


def test_secrets_come_from_the_vault_and_differ(hosts: dict[str, dict[str, Any]]) -> None:
    found = [
        variables[f"tenant_wordpress_{name}"]
        for variables in hosts.values()
        if "tenant_wordpress_seed" in variables
        for name in ("seed", "admin_password")
    ]
    assert len(found) == len(set(found)) == 6
    assert all(len(secret) == 32 and secret.isalnum() for secret in found)


def test_validator_refuses_what_a_role_does_not_know() -> None:
    options = roles.options("tenant_base")
    result = ArgumentSpecValidator(options).validate({"tenant_base_uid": "many", "tenant_base_x": 1})
    text = " ".join(result.error_messages)
    assert "tenant_base_x" in text
    assert "tenant_base_uid" in text
    assert "tenant_base_user" in text
