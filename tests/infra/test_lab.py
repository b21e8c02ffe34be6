"""The lab itself, on real hosts: what roles and tests may rely on, and what `down` leaves."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.lab import snapshots
from provisioner.lab.lab import Lab
from provisioner.lab.state import Paths

pytestmark = pytest.mark.lab

NAME = "test-lab"
SNAPSHOT = "test-lab"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    if os.geteuid() != 0:
        pytest.skip("SKIPPED, NOT TESTED: the lab needs root")
    lab = Lab(NAME)
    lab.up(["a", "b"], disk_gib=2)
    yield lab
    lab.down()
    snapshots.remove(SNAPSHOT)


def ok(lab: Lab, host: str, command: str) -> str:
    done = lab.run(host, [command])
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def left_over(name: str) -> list[str]:
    """All that a lab of that name still has on this machine."""
    paths = Paths(name)
    found = [str(p) for p in Path("/sys/class/net").iterdir() if paths.tag in p.name]
    if Path("/run/netns").is_dir():
        found += [str(p) for p in Path("/run/netns").iterdir() if p.name.startswith(paths.namespace_prefix)]
    found += [line for line in Path("/proc/mounts").read_text().splitlines() if f"{paths.folder}/" in line]
    losetup = subprocess.run(["losetup", "--list"], capture_output=True, text=True, check=True)
    found += [line for line in losetup.stdout.splitlines() if f"{paths.folder}/" in line]
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and (place / "cmdline").exists():
            words = (place / "cmdline").read_bytes().decode(errors="replace")
            if f"{paths.folder}/" in words:
                found.append(words.replace("\0", " "))
    return found + ([str(paths.folder)] if paths.folder.exists() else [])


def test_hosts_are_debian_13_and_wholly_up(lab: Lab) -> None:
    for host in ("a", "b"):
        assert ok(lab, host, "systemctl is-system-running") == "running"
        assert ok(lab, host, ". /etc/os-release; echo $ID $VERSION_ID") == "debian 13"
        assert ok(lab, host, "hostname") == host


def test_each_host_has_an_identity_of_its_own(lab: Lab) -> None:
    assert ok(lab, "a", "cat /etc/machine-id") != ok(lab, "b", "cat /etc/machine-id")
    keys = [host.ssh_host_key for host in lab.status().hosts]
    assert len(set(keys)) == 2
    pinned = lab.paths.known_hosts.read_text()
    assert ok(lab, "a", "cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub") in pinned


def test_another_host_key_is_refused(lab: Lab) -> None:
    pinned = lab.paths.known_hosts.read_text()
    first, second = (line.split() for line in pinned.splitlines())
    try:
        swapped = f"{first[0]} {' '.join(second[1:])}\n"
        lab.paths.known_hosts.write_text(swapped)
        assert lab.run("a", ["true"]).returncode == 255
    finally:
        lab.paths.known_hosts.write_text(pinned)


def test_packages_come_through_the_proxy_and_nothing_else_does(lab: Lab) -> None:
    ok(lab, "a", "apt-get -qq update")
    ok(lab, "a", "DEBIAN_FRONTEND=noninteractive apt-get -qq -y install btrfs-progs nftables curl >/dev/null")
    proxy = lab.status().apt_proxy
    other = f"curl -s -o /dev/null -w '%{{http_code}}' -x {proxy} http://www.example/"
    assert ok(lab, "a", other) == "403"


def test_hosts_have_no_route_but_to_their_bridge(lab: Lab) -> None:
    routes = ok(lab, "a", "ip route").splitlines()
    assert [route.split()[0] for route in routes] == [str(lab.status().network)]


def test_volumes_have_full_quota_groups_that_bind(lab: Lab) -> None:
    ok(lab, "a", "btrfs quota enable /srv && btrfs subvolume create /srv/t && btrfs qgroup limit 20M /srv/t")
    filled = lab.run("a", ["dd if=/dev/zero of=/srv/t/f bs=1M count=40"])
    assert filled.returncode != 0
    assert "Disk quota exceeded" in filled.stderr
    ok(lab, "a", "mkdir /srv/c && chattr +C /srv/c && lsattr -d /srv/c | grep -q C")
    ok(lab, "a", "btrfs subvolume snapshot /srv/t /srv/s && btrfs subvolume delete /srv/s /srv/t")


def test_firewalls_and_sandboxes_work_in_hosts(lab: Lab) -> None:
    ok(lab, "a", "nft add table inet t && nft list ruleset | grep -q 'table inet t' && nft flush ruleset")
    private = ok(lab, "a", "systemd-run -q --pipe --wait -p PrivateNetwork=yes ip -br link")
    assert [line.split()[0] for line in private.splitlines()] == ["lo"]
    strict = "systemd-run -q --pipe --wait -p ProtectSystem=strict -p BindPaths=/srv:/mnt touch /usr/x"
    assert "Read-only file system" in lab.run("a", [strict]).stderr
    ok(lab, "a", "sysctl -q -w net.core.somaxconn=8192")


def test_what_stops_on_one_host_stops_on_no_other(lab: Lab) -> None:
    for host in ("a", "b"):
        ok(lab, host, "systemd-run -q --unit=same sleep 1000")
    ok(lab, "a", "systemctl kill --kill-whom=all --signal=KILL same; systemctl stop same")
    assert ok(lab, "b", "systemctl is-active same; pgrep -x sleep | wc -l") == "active\n1"
    ok(lab, "b", "systemctl stop same")


def test_names_given_to_the_lab_are_known_to_hosts_at_once_and_others_are_not(lab: Lab) -> None:
    address = str(lab.status().hosts[1].address)
    lab.set_names({"www.ville.example": address})
    assert ok(lab, "a", "getent ahostsv4 www.ville.example").split()[0] == address
    start = time.monotonic()
    assert lab.run("a", ["getent hosts www.ailleurs.example"]).returncode == 2
    assert time.monotonic() - start < 5
    lab.set_names({})
    assert lab.run("a", ["getent hosts www.ville.example"]).returncode == 2


def test_the_authority_answers_under_its_own_root(lab: Lab) -> None:
    status = lab.status()
    trusting = ssl.create_default_context(cafile=str(status.acme_root))
    with urllib.request.urlopen(status.acme_directory, context=trusting) as answer:
        assert b"newOrder" in answer.read()


def test_a_host_that_lost_its_power_comes_back_with_its_disks(lab: Lab) -> None:
    ok(lab, "b", "echo kept > /root/file && echo kept > /srv/file && sync")
    before = lab.status().hosts[1]
    lab.kill("b")
    assert lab.status().hosts[1].state == "stopped"
    assert lab.run("b", ["true"]).returncode == 255
    lab.start("b")
    assert ok(lab, "b", "cat /root/file /srv/file") == "kept\nkept"
    assert lab.status().hosts[1].ssh_host_key == before.ssh_host_key


def test_a_host_reboots_from_within(lab: Lab) -> None:
    before = ok(lab, "b", "cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1")
    lab.run("b", ["systemctl reboot"])
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        after = lab.run("b", ["cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1"])
        if after.returncode == 0 and after.stdout.strip() != before:
            return
        time.sleep(0.2)
    pytest.fail("the host didn't come back")


def test_a_prepared_host_is_made_again_from_its_snapshot(lab: Lab) -> None:
    ok(lab, "b", "echo prepared > /etc/prepared && rm /etc/issue && echo data > /srv/data")
    identity = ok(lab, "b", "cat /etc/machine-id")
    lab.snapshot("b", SNAPSHOT)
    assert ok(lab, "b", "systemctl is-system-running") == "running"
    lab.up(["c", "d"], snapshot=SNAPSHOT)
    try:
        for host in ("c", "d"):
            assert ok(lab, host, "cat /etc/prepared /srv/data; hostname") == f"prepared\ndata\n{host}"
            assert lab.run(host, ["test -e /etc/issue"]).returncode == 1
            assert ok(lab, host, "cat /etc/machine-id") != identity
        ok(lab, "c", "echo c > /srv/data && sync")
        assert ok(lab, "d", "cat /srv/data") == "data"
    finally:
        lab.remove_host("c")
        lab.remove_host("d")


def test_up_again_changes_nothing(lab: Lab) -> None:
    before = lab.status()
    boots = [ok(lab, host, "stat -c %Y /proc/1") for host in ("a", "b")]
    after = lab.up(["a", "b"])
    assert [host.ssh_host_key for host in after.hosts] == [host.ssh_host_key for host in before.hosts]
    assert [ok(lab, host, "stat -c %Y /proc/1") for host in ("a", "b")] == boots


def test_what_a_killed_lab_had_not_told_of_its_hosts_is_told_by_the_next(lab: Lab) -> None:
    lab.paths.known_hosts.unlink()
    (lab.paths.service("names") / "hosts").unlink()
    lab.up(["a", "b"])
    assert ok(lab, "a", "getent hosts b").split()[0] == str(lab.host("b").address)


@pytest.mark.parametrize("seconds", [0.6, 1.0, 1.6])
def test_a_lab_whose_making_was_killed_is_made_again_and_leaves_nothing(lab: Lab, seconds: float) -> None:
    name = f"{NAME}-killed"
    code = "from provisioner.cli.main import run; run()"
    command = [sys.executable, "-c", code, "lab", "up", "--name", name, "x", "y"]
    making = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    making.send_signal(signal.SIGKILL)
    making.wait()
    again = Lab(name)
    try:
        again.up(["x", "y"])
        assert ok(again, "y", "hostname") == "y"
    finally:
        again.down()
    assert left_over(name) == []
    assert lab.run("a", ["true"]).returncode == 0
