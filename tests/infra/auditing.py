"""What the tests of audits plant on a server, and how they look at a bundle."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from provisioner.audit.bundle.reading import Bundle, read
from provisioner.inventory import vault
from tests.deployed import ABERCORN, FRELIGHSBURG, GARDIEN, HOST, Deployment

CANARY = "canari"
SECRET = "kzrtcanariqxw-7c1f0d"
OUTSIDE = "sauvegarde.ailleurs.example"
FONTS = "polices.ailleurs.example"
CONTENT = "/srv/tenants/{}/wordpress/wp-content"

# People, their addresses and secrets, wherever a server may hold some.
PLANT = f"""
useradd --create-home --comment 'Canari Personne,bureau 7,418 555-0177' canari
install -d -m 0700 -o canari /home/canari/.ssh
echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMmb3CNa11iyJzGNaBVLzGk8UE10Vx8f4GyGNp7qXYvB Canari canari@gens.example' \
  > /home/canari/.ssh/authorized_keys
echo 'canari ALL=(ALL) NOPASSWD: /usr/bin/true' > /etc/sudoers.d/canari
printf '[Service]\\nType=oneshot\\nExecStart=/usr/bin/true\\nEnvironment=RESTIC_PASSWORD={SECRET}\\n\
Environment=RESTIC_REPOSITORY=sftp:canari@{OUTSIDE}:/srv/copies\\n' > /etc/systemd/system/canari.service
printf 'password {SECRET}\\nuser canari@gens.example\\n' >> /etc/msmtprc
mariadb -e "CREATE USER 'canari'@'localhost' IDENTIFIED BY '{SECRET}'"
"""
UNPLANT = """
userdel --remove canari
rm -f /etc/sudoers.d/canari /etc/systemd/system/canari.service
sed -i '/^password kzrt/d; /^user canari/d' /etc/msmtprc
mariadb -e "DROP USER 'canari'@'localhost'"
"""
# The lab's gateway: other addresses have no route, and so no packet that could be refused.
PLUGIN = """<?php
/*
Plugin Name: Mouchard de Canari Personne
Author: Canari Personne <canari@gens.example>
Version: 0.1
License: GPLv2 or later
*/
add_action('init', function () { @stream_socket_client('tcp://GATEWAY:3142', $code, $words, 1); });
"""
STYLE = f"""/*
Theme Name: Lointain de Canari
Author: Canari Personne
Version: 3.2
*/
@import url('https://{FONTS}/css?family=Canari');
"""
INDEX = "<?php ?><!DOCTYPE html><html><head><?php wp_head(); ?></head><body>Bonjour</body></html>\n"
FUNCTIONS = (
    "<?php add_action('wp_enqueue_scripts', fn () => wp_enqueue_style('loin', get_stylesheet_uri()));\n"
)


@dataclass
class Audit:
    """One audit, as it was told and as it was sealed."""

    said: dict[str, Any]
    bundle: Bundle
    folder: Path
    files: dict[str, bytes]

    def findings(self, control: str) -> dict[str, dict[str, Any]]:
        """Findings of a control, by subject."""
        listed = self.bundle.json("findings.json")["findings"]
        return {one["subject"]["id"]: one for one in listed if one["control"] == control}

    def verdict(self, control: str, subject: str) -> str:
        return str(self.findings(control)[subject]["verdict"])


class Auditor:
    """Collects and verifies, with keys of its own."""

    def __init__(self, deployment: Deployment, folder: Path) -> None:
        self.deployment, self.folder = deployment, folder
        self.key = folder / "scelle"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", self.key], check=True)
        self.count = 0
        self.ids: list[str] = []

    def collect(self, *words: str, code: int = 0) -> Audit:
        self.count += 1
        output = self.folder / f"audit-{self.count}"
        place = ("--key", str(self.key), "--log", str(self.folder / "log"), "--output", str(output))
        done = self.deployment.nuage("audit", "collect", *place, "--json", *words, code=code)
        bundle, faults = read(output)
        assert not faults
        self.ids.append(bundle.json("audit.json")["id"])
        return Audit(json.loads(done.stdout), bundle, output, dict(bundle))

    def verify(self, audit: Audit, *, code: int = 0) -> str:
        words = ("audit", "verify", str(audit.folder), "--key", f"{self.key}.pub")
        return self.deployment.nuage(*words, code=code).stdout


def write(deployment: Deployment, owner: str, path: str, text: str) -> None:
    deployment.sh(f"install -D -m 0644 -o {owner} -g {owner} /dev/stdin {path}", body=text.encode())


def option(deployment: Deployment, user: str, name: str, value: str | None = None) -> str:
    """A website's option as it was; set to ``value`` where there is one."""
    found = deployment.sh(
        f"mariadb -N -B {user} -e \"SELECT option_value FROM wp_options WHERE option_name='{name}'\""
    )
    if value is not None:
        script = (
            f"mariadb {user} -e \"UPDATE wp_options SET option_value='{value}' WHERE option_name='{name}'\""
        )
        deployment.sh(script)
    return found.strip()


@contextmanager
def planted(deployment: Deployment) -> Iterator[None]:
    """Canaries on the server, a plugin that calls out at Abercorn's, a theme with remote fonts at L'Ange-Gardien's."""
    # Another name each time: PHP keeps compiled files for a minute.
    name = f"mouchard-{secrets.token_hex(4)}"
    spy = CONTENT.format(ABERCORN.user) + f"/plugins/{name}"
    far = CONTENT.format(GARDIEN.user) + "/themes/lointain"
    cloud = f"/srv/tenants/{FRELIGHSBURG.user}/nextcloud/config"
    gateway = str(deployment.lab.status().gateway)
    plugins = option(deployment, ABERCORN.user, "active_plugins")
    themes = {name: option(deployment, GARDIEN.user, name) for name in ("stylesheet", "template")}
    deployment.sh(PLANT)
    try:
        write(deployment, ABERCORN.user, f"{spy}/mouchard.php", PLUGIN.replace("GATEWAY", gateway))
        file = f"{name}/mouchard.php"
        value = f'a:1:{{i:0;s:{len(file)}:\\"{file}\\";}}'
        option(deployment, ABERCORN.user, "active_plugins", value)
        for part, text in {"style.css": STYLE, "index.php": INDEX, "functions.php": FUNCTIONS}.items():
            write(deployment, GARDIEN.user, f"{far}/{part}", text)
        for setting in themes:
            option(deployment, GARDIEN.user, setting, "lointain")
        if deployment.sh(f"test -d {cloud} && echo yes || true").strip():
            text = f"<?php $CONFIG = ['mail_smtppassword' => '{SECRET}', 'mail_smtpname' => 'canari'];\n"
            write(deployment, FRELIGHSBURG.user, f"{cloud}/canari.config.php", text)
        for site in (ABERCORN, GARDIEN):
            assert deployment.get(site).status == 200
        yield
    finally:
        deployment.sh(UNPLANT, code=None)
        deployment.sh(f"rm -rf {spy} {far} {cloud}/canari.config.php")
        option(deployment, ABERCORN.user, "active_plugins", plugins.replace('"', '\\"'))
        for setting, value in themes.items():
            option(deployment, GARDIEN.user, setting, value)


def forbidden(deployment: Deployment) -> set[str]:
    """What must be in no bundle: people of the specs, secrets of the vault and of the server, and the canaries."""
    found = {CANARY, SECRET, "gens.example", "555-0177"}
    for site in deployment.sites:
        spec = yaml.safe_load((deployment.folder / "tenants" / f"{site.slug}.yml").read_text("utf-8"))
        for contact in spec["contacts"].values():
            found |= {contact["name"], contact["email"], str(contact.get("telephone") or contact["email"])}
    password = (deployment.folder / "vault-password").read_bytes().strip()
    sealed = (deployment.folder / vault.NAME).read_text("utf-8")
    for held in vault.unlock(sealed, password, vault.NAME).values():
        found |= set(held.values())
    # Those that the server made itself; a line each.
    script = (
        "cat /etc/nuage/keycloak/admin-secret /var/lib/nuage/postgresql/*.password 2>/dev/null; "
        "sed -n \"s/.*'\\(secret\\|passwordsalt\\)' => '\\(.*\\)',/\\2/p\" /srv/tenants/*/nextcloud/config/config.php "
        "2>/dev/null; sed 1d /etc/ssh/ssh_host_ed25519_key | head -3; true"
    )
    found |= set(deployment.sh(script).split())
    return {text.lower() for text in found if len(text) > 5}


def server_file(audit: Audit, path: str) -> Any:
    return audit.bundle.json(f"observations/servers/{HOST}/{path}.json")
