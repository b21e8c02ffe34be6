"""Certificates from the lab's own authority, on a host of the lab: the real protocol, both halves.

Python's web server answers the challenges in nginx's place, so that the host needs no package.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_runner
import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from provisioner.lab.lab import Lab
from tests.conftest import ROOT

pytestmark = pytest.mark.lab

STORE = "/var/lib/nuage/certificates"
WEBROOT = "/var/lib/nuage/acme"
ROLE = "nuage_commun.platform.tenant_certificate"
SITES = {f"ville-{number}": f"www.ville-{number}.example" for number in range(1, 9)}


def wanted(domain: str) -> dict[str, Any]:
    """Variables of a site: its name, and the same without www."""
    return {
        "tenant_certificate_domain": domain,
        "tenant_certificate_aliases": [domain.removeprefix("www.")],
    }


@dataclass
class Consortium:
    """A host of the lab, and the folder of a consortium whose municipalities live on it."""

    lab: Lab
    folder: Path

    def play(
        self, hosts: dict[str, dict[str, Any]], *, check: bool = False, **changes: Any
    ) -> dict[str, Any]:
        """What the certificate's task said of each inventory host."""
        status = self.lab.status()
        common = {
            "ansible_host": str(status.hosts[0].address),
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(status.private_key),
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={status.known_hosts}",
            "ansible_python_interpreter": "/usr/bin/python3",
            "tenant_certificate_acme_directory": status.acme_directory,
            "tenant_certificate_acme_contact": "equipe@consortium.example",
            "tenant_certificate_acme_authority": str(status.acme_root),
            "tenant_certificate_account_key": str(self.folder / "state/acme/account.pem"),
        }
        said: dict[str, Any] = {}
        # A folder per run: ansible-runner keeps an earlier run's options in it.
        runner = Path(tempfile.mkdtemp(dir=self.folder))

        def keep(event: dict[str, Any]) -> bool:
            data = event.get("event_data", {})
            if event["event"] in ("runner_on_ok", "runner_on_failed") and "Certificate" in data.get(
                "task", ""
            ):
                said[data["host"]] = data["res"]
            return False

        ansible_runner.run(
            private_data_dir=str(runner),
            playbook=[{"hosts": "all", "gather_facts": False, "strategy": "free", "roles": [ROLE]}],
            inventory={"all": {"hosts": hosts, "vars": {**common, **changes}}},
            envvars={
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            },
            cmdline="--check --diff" if check else None,
            event_handler=keep,
            quiet=True,
        )
        return said

    def run(self, command: str) -> str:
        """Standard output of a command on the host."""
        done = self.lab.run("srv1", [command])
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    def chain(self, domain: str) -> list[x509.Certificate]:
        """The certificate in place and its intermediates."""
        return x509.load_pem_x509_certificates(self.run(f"cat {STORE}/{domain}/fullchain.pem").encode())


@pytest.fixture(scope="module")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    lab = Lab("test-acme")
    lab.down()
    try:
        address = str(lab.up(("srv1",)).hosts[0].address)
        names = [name for www in SITES.values() for name in (www, www.removeprefix("www."))]
        lab.set_names(dict.fromkeys(names, address) | {"ailleurs.example": lab.status().gateway})
        made = Consortium(lab, tmp_path_factory.mktemp("consortium"))
        made.run(f"install -d -m 0750 -g www-data {WEBROOT}")
        made.run(
            "systemd-run --quiet --property=Group=www-data --property=DynamicUser=yes"
            " --property=AmbientCapabilities=CAP_NET_BIND_SERVICE"
            f" python3 -m http.server --bind {address} --directory {WEBROOT} 80"
        )
        yield made
    finally:
        lab.down()


def test_check_mode_changes_nothing(consortium: Consortium) -> None:
    said = consortium.play({"ville-1": wanted(SITES["ville-1"])}, check=True)
    assert said["ville-1"]["changed"]
    assert said["ville-1"]["diff"]["after"]["names"] == ["ville-1.example", "www.ville-1.example"]
    assert consortium.run(f"test ! -e {STORE} && echo absent") == "absent\n"
    assert not (consortium.folder / "state").exists()


def test_eight_at_once_make_one_account(consortium: Consortium) -> None:
    said = consortium.play({host: wanted(domain) for host, domain in SITES.items()})
    outcomes = {host: (res.get("msg", ""), res["changed"]) for host, res in said.items()}
    assert outcomes == dict.fromkeys(SITES, ("", True))
    state = consortium.folder / "state/acme"
    assert [path.suffix for path in sorted(state.glob("[!.]*"))] == [".json", ".pem"]
    assert (state / "account.pem").stat().st_mode & 0o777 == 0o600


def test_names_chain_and_key(consortium: Consortium) -> None:
    root = x509.load_pem_x509_certificate(consortium.lab.status().acme_root.read_bytes())
    for domain in SITES.values():
        leaf, *intermediates = consortium.chain(domain)
        verifier = PolicyBuilder().store(Store([root])).build_server_verifier(x509.DNSName(domain))
        verifier.verify(leaf, intermediates)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert set(names.get_values_for_type(x509.DNSName)) == {domain, domain.removeprefix("www.")}
    own = consortium.run(f"openssl pkey -pubout -in {STORE}/{domain}/privkey.pem")
    assert own == consortium.run(f"openssl x509 -noout -pubkey -in {STORE}/{domain}/fullchain.pem")


def test_only_root_reads_keys_and_nothing_is_left(consortium: Consortium) -> None:
    keys = consortium.run("find / -xdev -name privkey.pem -printf '%M %u %p\\n'").splitlines()
    assert len(keys) == len(SITES)
    assert all(line.startswith("-rw------- root ") for line in keys)
    assert consortium.run(f"ls {WEBROOT}/.well-known/acme-challenge") == ""
    assert consortium.run(f"ls -A {STORE} | grep -c pending || true") == "0\n"


def test_again_changes_nothing(consortium: Consortium) -> None:
    before = consortium.run(f"sha256sum {STORE}/*/*")
    said = consortium.play({host: wanted(domain) for host, domain in SITES.items()})
    assert {res["changed"] for res in said.values()} == {False}
    assert consortium.run(f"sha256sum {STORE}/*/*") == before


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("rm {folder}/fullchain.pem", "absent"),
        ("cp {neighbour}/privkey.pem {folder}/privkey.pem", "absent"),
        ("sed -i 's/acme/autre/' {folder}/certificate.json", "authority"),
    ],
)
def test_damage_is_mended(consortium: Consortium, damage: str, reason: str) -> None:
    folders = {"folder": f"{STORE}/{SITES['ville-1']}", "neighbour": f"{STORE}/{SITES['ville-2']}"}
    consortium.run(damage.format(**folders))
    said = consortium.play({"ville-1": wanted(SITES["ville-1"])})
    assert (said["ville-1"]["changed"], said["ville-1"]["reason"]) == (True, reason)
    assert not consortium.play({"ville-1": wanted(SITES["ville-1"])})["ville-1"]["changed"]


def test_another_name_asks_for_another(consortium: Consortium) -> None:
    said = consortium.play({"ville-1": {**wanted(SITES["ville-1"]), "tenant_certificate_aliases": []}})
    assert said["ville-1"]["reason"] == "names"
    assert said["ville-1"]["certificate"]["names"] == [SITES["ville-1"]]


def test_renewal_when_due(consortium: Consortium) -> None:
    path = f"{STORE}/{SITES['ville-2']}/certificate.json"
    record = json.loads(consortium.run(f"cat {path}"))
    # As if it had been had long ago: only a third of such a life would be left.
    record["not_before"] -= 4 * (record["not_after"] - record["not_before"])
    consortium.run(f"cat > {path} <<'END'\n{json.dumps(record)}\nEND")
    said = consortium.play({"ville-2": wanted(SITES["ville-2"])})
    assert said["ville-2"]["reason"] == "renewal"


def test_forgotten_account_is_registered_again(consortium: Consortium) -> None:
    (record,) = (consortium.folder / "state/acme").glob("*.json")
    known = json.loads(record.read_text())
    record.write_text(json.dumps({**known, "account": known["account"][:-4] + "xxxx"}))
    said = consortium.play({"ville-3": {**wanted(SITES["ville-3"]), "tenant_certificate_aliases": []}})
    assert said["ville-3"]["changed"], said
    assert json.loads(record.read_text()) == known


def test_site_that_points_elsewhere_fails_alone(consortium: Consortium) -> None:
    elsewhere = {"tenant_certificate_domain": "ailleurs.example"}
    said = consortium.play({"ailleurs": elsewhere, "ville-4": wanted(SITES["ville-4"])})
    assert not said["ville-4"]["changed"]
    assert said["ailleurs"]["nuage_key"] == "acme.challenge-failed"
    assert said["ailleurs"]["nuage_context"]["domain"] == "ailleurs.example"
    assert "n'a pas pu vérifier ailleurs.example" in said["ailleurs"]["msg"]
    assert consortium.run(f"ls {WEBROOT}/.well-known/acme-challenge") == ""


def test_two_in_one_conversation(consortium: Consortium) -> None:
    more = {"tenant_certificate_more": [{"domain": "ville-7.example", "aliases": []}]}
    said = consortium.play({"ville-7": {**wanted(SITES["ville-7"]), **more}})
    assert said["ville-7"]["changed"], said
    assert len(consortium.chain("ville-7.example")) > 1
    assert not consortium.play({"ville-7": {**wanted(SITES["ville-7"]), **more}})["ville-7"]["changed"]


def test_one_that_is_refused_holds_the_other_not_back(consortium: Consortium) -> None:
    fewer = {**wanted(SITES["ville-6"]), "tenant_certificate_aliases": []}
    elsewhere = {"tenant_certificate_more": [{"domain": "ailleurs.example", "aliases": []}]}
    said = consortium.play({"ville-6": {**fewer, **elsewhere}})
    assert said["ville-6"]["nuage_key"] == "acme.challenge-failed"
    assert said["ville-6"]["nuage_context"]["domain"] == "ailleurs.example"
    names = consortium.run(
        f"openssl x509 -noout -ext subjectAltName -in {STORE}/{SITES['ville-6']}/fullchain.pem"
    )
    assert names.split()[-1] == f"DNS:{SITES['ville-6']}"
    assert consortium.run(f"ls {WEBROOT}/.well-known/acme-challenge") == ""


def test_no_authority_leaves_the_certificate_in_place(consortium: Consortium) -> None:
    before = consortium.chain(SITES["ville-5"])
    address = consortium.lab.status().hosts[0].address
    said = consortium.play(
        {"ville-5": {**wanted(SITES["ville-5"]), "tenant_certificate_aliases": []}},
        tenant_certificate_acme_directory=f"https://{address}:1/directory",
    )
    assert said["ville-5"]["nuage_key"] == "acme.unreachable"
    assert consortium.chain(SITES["ville-5"]) == before
