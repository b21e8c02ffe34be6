"""The lab's ACME server: Debian's Caddy with its own authority, at an address of its own.

It resolves names through the lab's resolver and really fetches http-01 challenges from port 80.
Caddy 2.6's certificates last 12 hours; it renews its own intermediate certificate.
"""

from __future__ import annotations

import json
from pathlib import Path

from provisioner.files import write_atomic
from provisioner.lab import base, network, processes
from provisioner.lab.state import LabState, Paths

NUMBER = 0
NAME = ".acme"


def directory(lab: LabState) -> str:
    """The URL of the ACME directory."""
    return f"https://{lab.authority}/acme/local/directory"


def root_certificate(paths: Paths) -> Path:
    """The root certificate that the lab's clients trust."""
    return paths.service("acme") / "storage/pki/authorities/local/root.crt"


def configuration(lab: LabState) -> str:
    """Caddy's configuration: one site, the ACME server; nothing is added to any trust store."""
    address = str(lab.authority)
    server = {
        "listen": [f"{address}:443"],
        "automatic_https": {"disable_redirects": True},
        "tls_connection_policies": [{"default_sni": address}],
        "routes": [{"handle": [{"handler": "acme_server", "host": address}]}],
    }
    internal = {"issuers": [{"module": "internal"}]}
    apps = {
        "pki": {"certificate_authorities": {"local": {"name": "Nuage lab", "install_trust": False}}},
        "tls": {"automation": {"policies": [internal]}, "certificates": {"automate": [address]}},
        "http": {"servers": {"acme": server}},
    }
    storage = {"module": "file_system", "root": "/mnt/storage"}
    logs = {"logs": {"default": {"level": "INFO"}}}
    return json.dumps({"admin": {"disabled": True}, "logging": logs, "storage": storage, "apps": apps})


def start(paths: Paths, lab: LabState) -> None:
    """Start the server in a container of its own and wait until it answers.

    A container, because Go programs resolve names by /etc/resolv.conf alone, and the control
    machine's must stay as it is.
    """
    folder = paths.service("acme")
    if processes.alive(folder / "pid"):
        return
    stop(paths)
    (folder / "storage").mkdir(parents=True, exist_ok=True)
    write_atomic(folder / "caddy.json", configuration(lab))
    write_atomic(folder / "resolv.conf", f"nameserver {lab.gateway}\n")
    network.make_namespace(paths, NAME, NUMBER, network.interface(lab.authority, lab.network))
    processes.start(_command(paths), folder / "pid", folder / "output.log")
    processes.wait_listening("ACME", str(lab.authority), 443, folder / "pid", folder / "output.log")


def _command(paths: Paths) -> list[str]:
    folder = paths.service("acme")
    namespace = Path("/run/netns", paths.namespace(NAME))
    command = ["systemd-nspawn", "--quiet", f"--directory={base.path()}", "--read-only"]
    command += [f"--network-namespace-path={namespace}", f"--machine=acme-{paths.tag}"]
    command += ["--register=no", "--timezone=off", "--link-journal=no", "--resolv-conf=off"]
    command += [f"--bind-ro={folder / 'resolv.conf'}:/etc/resolv.conf", "--tmpfs=/mnt", "--setenv=HOME=/mnt"]
    command += ["--bind-ro=/usr/bin/caddy:/mnt/caddy", f"--bind-ro={folder / 'caddy.json'}:/mnt/caddy.json"]
    command += [f"--bind={folder / 'storage'}:/mnt/storage", "--as-pid2"]
    if not Path("/run/systemd/system").is_dir():
        command.append("--keep-unit")
    return [*command, "--", "/mnt/caddy", "run", "--config", "/mnt/caddy.json"]


def stop(paths: Paths) -> None:
    """Stop the server and remove its network."""
    processes.stop(paths.service("acme") / "pid")
    if paths.namespace(NAME) in network.namespaces(paths):
        network.kill_inside(paths.namespace(NAME))
    network.drop_namespace(paths, NAME, NUMBER)
