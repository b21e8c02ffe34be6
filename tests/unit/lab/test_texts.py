"""Files that the lab writes for its services, and what it reads from the kernel."""

from __future__ import annotations

import json
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from provisioner.lab import authority, base, cgroups, mounts, names, proxy
from provisioner.lab.state import HostState, LabState

LAB = LabState(
    name="x",
    network=IPv4Network("10.213.0.0/24"),
    mirror="http://m.example/debian",
    security_mirror="https://s.example/debian-security",
    hosts=(HostState(name="srv1", number=0, disk_gib=1, ssh_host_key="k", lowers=()),),
    names=(("www.ville.example", IPv4Address("10.213.0.11")),),
)


def test_the_package_proxy_listens_on_the_bridge_alone_and_serves_debian_alone() -> None:
    lines = proxy.configuration(LAB, Path("/f"), Path("/c"), "").splitlines()
    assert "BindAddress: 10.213.0.1" in lines
    assert "ForceManaged: 1" in lines
    assert "Remap-debian: /debian ; http://m.example/debian" in lines
    assert "Remap-debsec: /debian-security ; https://s.example/debian-security" in lines
    assert not any(line.startswith("Proxy:") for line in lines)


def test_the_package_proxy_goes_through_the_machines_own_proxy() -> None:
    assert "Proxy: http://p.example:8080" in proxy.configuration(
        LAB, Path("/f"), Path("/c"), "http://p.example:8080"
    )


def test_the_resolver_knows_hosts_and_sites() -> None:
    assert names.hosts_file(LAB) == "10.213.0.11 srv1\n10.213.0.11 www.ville.example\n"


def test_the_authority_touches_no_trust_store_and_listens_on_its_own_address() -> None:
    configuration = json.loads(authority.configuration(LAB))
    assert configuration["apps"]["pki"]["certificate_authorities"]["local"]["install_trust"] is False
    assert configuration["apps"]["http"]["servers"]["acme"]["listen"] == ["10.213.0.2:443"]
    assert configuration["admin"]["disabled"] is True


def test_sources_have_updates_and_security() -> None:
    text = base.sources("http://a/debian", "http://a/debian-security")
    assert "URIs: http://a/debian\nSuites: trixie trixie-updates\n" in text
    assert "URIs: http://a/debian-security\nSuites: trixie-security\n" in text


def test_mounts_under_a_folder_come_last_mounted_first_with_their_names_decoded() -> None:
    mountinfo = (
        "22 1 0:20 / / rw - ext4 /dev/vda rw\n"
        "23 22 0:21 / /lab rw - tmpfs tmpfs rw\n"
        "24 23 0:22 / /lab/a\\040b rw - tmpfs tmpfs rw\n"
        "25 22 0:23 / /labo rw - tmpfs tmpfs rw\n"
    )
    assert mounts.mounted(mountinfo, Path("/lab")) == [Path("/lab/a b"), Path("/lab")]


def test_loop_devices_of_removed_files_are_found() -> None:
    listing = json.dumps(
        {
            "loopdevices": [
                {"name": "/dev/loop0", "back-file": "/lab/volume (deleted)"},
                {"name": "/dev/loop1", "back-file": None},
            ]
        }
    )
    assert mounts.loops(listing) == [(Path("/dev/loop0"), Path("/lab/volume"))]
    assert mounts.loops("") == []


def test_hosts_get_groups_in_systemds_own_hierarchy_and_in_the_unified_one() -> None:
    mountinfo = (
        "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
        "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime shared:9 - cgroup cgroup rw,xattr,name=systemd\n"
        "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
    )
    assert cgroups.hierarchies(mountinfo) == [Path("/sys/fs/cgroup/systemd"), Path("/sys/fs/cgroup/unified")]
