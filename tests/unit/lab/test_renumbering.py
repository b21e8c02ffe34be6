"""A snapshot's configuration, as another network of the lab's."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from provisioner.lab.renumbering import renumber, renumbered

BEFORE, AFTER = IPv4Network("10.213.1.0/24"), IPv4Network("10.213.12.0/24")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ip saddr 10.213.1.0/24 accept", "ip saddr 10.213.12.0/24 accept"),
        ("listen 10.213.1.11:443;", "listen 10.213.12.11:443;"),
        ("http://10.213.1.1:3142/debian", "http://10.213.12.1:3142/debian"),
        ("{10.213.1.2,10.213.1.254}", "{10.213.12.2,10.213.12.254}"),
        (
            "10.213.10.1 110.213.1.1 1.10.213.1.1 10.213.1.1.2",
            "10.213.10.1 110.213.1.1 1.10.213.1.1 10.213.1.1.2",
        ),
        ("version 10.213.1", "version 10.213.1"),
    ],
)
def test_addresses_of_that_network_alone(text: str, wanted: str) -> None:
    assert renumber(text, BEFORE, AFTER) == wanted


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_the_topmost_layers_configuration_counts_and_nothing_else(tmp_path: Path) -> None:
    top, below = tmp_path / "layer-0", tmp_path / "layer-1"
    write(top / "etc/nftables.conf", b"10.213.1.0/24")
    write(below / "etc/nftables.conf", b"10.213.1.99")
    write(below / "etc/msmtprc", b"host 10.213.1.1\n")
    write(top / "etc/ssl/blob", b"\xff\x00 10.213.1.1")
    write(top / "etc/hostname", b"srv1\n")
    write(top / "var/lib/nuage/certificate.json", b"10.213.1.2")
    (top / "etc/link").symlink_to("nftables.conf")
    assert renumbered([top, below], BEFORE, AFTER) == {
        "etc/nftables.conf": ("10.213.12.0/24", top / "etc/nftables.conf"),
        "etc/msmtprc": ("host 10.213.12.1\n", below / "etc/msmtprc"),
    }
