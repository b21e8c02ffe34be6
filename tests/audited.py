"""One host of the lab that answers vantage points, and nothing else: for tests and for the bench."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from provisioner.audit.bundle import sshsig
from provisioner.audit.location import prober
from provisioner.lab.lab import Lab

ROOT = Path(__file__).parent.parent
HOST = "srv1"
SHERBROOKE = (45.4, -71.9)
AUDIT = {"id": "a" * 32, "nonce": "5c" * 32}
ROLES = ("server_base", "server_firewall", "server_audit")


class Audited:
    """A lab of one host; this machine is its vantage point `ici`."""

    def __init__(self, name: str) -> None:
        self.lab = Lab(name)
        self.there = self.lab.paths.folder.exists()
        """Whether somebody keeps this lab: then it stays."""
        self.keys = Path(tempfile.mkdtemp(prefix="nuage-audited-"))
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", self.keys / "point"], check=True
        )
        self.point = prober.vantage("ici", self.keys / "point")

    def up(self) -> None:
        """Start it, and converge the few roles that matter."""
        self.lab.up((HOST,), disk_gib=2)
        self.status = self.lab.status()
        self.host = self.status.hosts[0]
        self.address, self.host_key = str(self.host.address), self.host.ssh_host_key
        self.converge()

    def down(self) -> None:
        """Unless it was there before."""
        if not self.there:
            self.lab.down()

    def converge(self, *words: str, **variables: Any) -> str:
        """Run the roles; what Ansible said. ``variables`` replace those of `variables`."""
        playbook, inventory, given = (
            self.keys / name for name in ("play.yml", "hosts.yml", "variables.json")
        )
        roles = [{"role": f"nuage_commun.platform.{role}"} for role in ROLES]
        play = {"hosts": "all", "gather_facts": False, "roles": roles}
        playbook.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
        host = {
            "ansible_host": self.address,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.lab.paths.private_key),
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={self.lab.paths.known_hosts}",
        }
        inventory.write_text(yaml.safe_dump({"all": {"hosts": {HOST: host}}}), encoding="utf-8")
        given.write_text(json.dumps(self.variables() | variables), encoding="utf-8")
        command = [
            Path(sys.executable).parent / "ansible-playbook",
            "-i",
            inventory,
            "-e",
            f"@{given}",
            *words,
            playbook,
        ]
        environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def variables(self) -> dict[str, Any]:
        """Of the roles."""
        network, gateway = str(self.status.network), str(self.status.gateway)
        shared = {
            "administration_networks": [network],
            "resolvers": [str(self.status.resolver)],
            "time_servers": [gateway],
            "mail_relay_host": gateway,
        }
        return {
            **{f"{role}_{name}": value for role in ROLES[:2] for name, value in shared.items()},
            "server_base_hostname": HOST,
            "server_base_debian_mirror": self.status.debian_mirror,
            "server_base_debian_security_mirror": self.status.debian_security_mirror,
            "server_base_administration_keys": [
                self.lab.paths.private_key.with_suffix(".pub").read_text().strip()
            ],
            "server_firewall_debian_mirrors": [self.status.debian_mirror],
            "server_audit_vantage_points": [{"id": "ici", "public_key": self.public_key}],
            "server_audit_networks": [network],
        }

    @property
    def public_key(self) -> str:
        """The vantage point's."""
        return sshsig.key_text(self.point.key.public_key().public_bytes_raw())

    def consortium(self) -> dict[str, Any]:
        """What is judged of a spec: the server and the vantage point are said to be in Sherbrooke."""
        latitude, longitude = SHERBROOKE
        point = {"id": "ici", "latitude": latitude, "longitude": longitude, "position_error_m": 10}
        return {
            "servers": [
                {
                    "id": HOST,
                    "site": "s",
                    "address": self.address,
                    "ssh_port": self.host.ssh_port,
                    "ssh_host_key": self.host_key,
                }
            ],
            "sites": [{"id": "s", "city": "Sherbrooke", "latitude": latitude, "longitude": longitude}],
            "audit": {"vantage_points": [point | {"public_key": self.public_key}]},
        }

    def target(self, address: str = "", port: int = 0, **changes: str) -> prober.Target:
        """What is measured."""
        given = {"audit": AUDIT["id"], "nonce": AUDIT["nonce"], "server": HOST, "host_key": self.host_key}
        return prober.Target(
            **(given | changes), address=address or self.address, port=port or self.host.ssh_port
        )

    def sh(self, script: str, body: bytes = b"") -> str:
        """The output of a script that root runs on the host."""
        quoted = "'" + script.replace("'", "'\\''") + "'"
        command = self.lab.ssh_command(HOST, ["bash", "-euo", "pipefail", "-c", quoted])
        done = subprocess.run(command, input=body, capture_output=True, check=False, timeout=120)
        assert done.returncode == 0, f"{script}\n{done.stdout.decode()}\n{done.stderr.decode()}"
        return done.stdout.decode()
