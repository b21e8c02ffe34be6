"""What holds on every server, whoever lives on it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from provisioner.verification.targets import Server

FIRST_CHOSEN_PORT = 32768
"""Of net.ipv4.ip_local_port_range."""


@pytest.mark.parametrize("service", ["nginx", "mariadb", "nftables", "ssh"])
def test_service_runs(host: Any, server: Server, service: str) -> None:
    if service == "mariadb":
        _of_applications(server)
    if service == "nginx" and "backup" in server.roles:
        pytest.skip("it shows nobody anything")
    assert host.service(service).is_running


def test_copies_come_in_by_keys_that_only_add(host: Any, server: Server) -> None:
    if "backup" not in server.roles:
        pytest.skip("it keeps no copies")
    doors = host.check_output("cat /etc/nuage/backup-keys.d/* 2>/dev/null || true").splitlines()
    wanted = re.compile(
        r'restrict,command="/usr/bin/rclone .* serve restic --stdio --append-only /srv/backups/'
    )
    assert [door for door in doors if not wanted.match(door)] == []
    assert host.check_output("stat -c %a /srv/backups") == "750"


def test_nothing_listens_by_accident(host: Any, server: Server) -> None:
    listening = host.check_output("ss -Hltnu state listening state unconnected")
    found = {line.split()[4] for line in listening.splitlines() if not _asks(line.split())}
    # What waits on loopback serves the server's own programs; municipalities' may not go there (tests/infra).
    addresses = {address for address in found if not address.removeprefix("[::ffff:").startswith("127.0.0.1")}
    allowed = {
        f"{server.address}:80",
        f"{server.address}:443",
        f"{server.address}:22",
        "0.0.0.0:22",
        "[::]:22",
    }
    allowed |= {f"{server.address}:{server.port}", f"0.0.0.0:{server.port}", f"[::]:{server.port}"}
    assert addresses <= allowed


def test_database_has_no_network_socket(host: Any, server: Server) -> None:
    _of_applications(server)
    assert host.check_output("mariadb -BNe 'SELECT @@skip_networking'") == "1"


def test_database_has_no_password_account(host: Any, server: Server) -> None:
    _of_applications(server)
    query = (
        "SELECT user FROM mysql.global_priv WHERE JSON_VALUE(priv, '$.plugin') NOT IN ('unix_socket', '') "
    )
    query += "AND JSON_VALUE(priv, '$.authentication_string') NOT IN ('', 'invalid')"
    assert host.check_output("mariadb -BNe %s", query) == ""


def test_no_apache(host: Any, server: Server) -> None:
    assert not host.package("apache2").is_installed


def test_no_shared_php_master(host: Any, server: Server) -> None:
    assert not host.service("php8.4-fpm").is_running


def test_quotas_are_full_groups(host: Any, server: Server) -> None:
    assert host.file("/srv").exists
    shown = host.run("LC_ALL=C btrfs qgroup show /srv")
    assert shown.rc == 0
    assert "data inconsistent" not in shown.stderr
    assert host.run("cat /sys/fs/btrfs/*/qgroups/mode").stdout.split() in ([], ["qgroup"])


def test_firewall_refuses_by_default(host: Any, server: Server) -> None:
    rules = host.check_output("nft list table inet nuage")
    assert "hook input" in rules
    assert "policy drop" in rules
    assert "skuid" in rules


def test_root_signs_in_by_key_only(host: Any, server: Server) -> None:
    settings = host.check_output("sshd -T").lower().splitlines()
    assert "passwordauthentication no" in settings
    assert "permitrootlogin yes" not in settings


def _asks(socket: list[str]) -> bool:
    # UDP knows no listening: from a port that the kernel chose, a program asks (Keycloak keeps hundreds for names), and
    # the firewall lets nobody in there.
    return socket[0] == "udp" and int(socket[4].rpartition(":")[2]) >= FIRST_CHOSEN_PORT


def _of_applications(server: Server) -> None:
    if "apps" not in server.roles:
        pytest.skip("no applications live there")
