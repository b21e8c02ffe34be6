"""Choosing a network that the machine doesn't have, and names that fit where they are used."""

from __future__ import annotations

import json
from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.errors import MachineError
from provisioner.lab import network
from provisioner.lab.state import FIRST_HOST, HostState, LabState, Paths

ADDRESSES = json.dumps(
    [
        {"addr_info": [{"family": "inet", "local": "10.213.0.7", "prefixlen": 24}]},
        {"addr_info": [{"family": "inet6", "local": "fd00::2", "prefixlen": 64}]},
        {},
    ]
)
ROUTES = json.dumps(
    [{"dst": "default"}, {"dst": "10.213.1.0/25"}, {"dst": "127.0.0.1"}, {"dst": "0.0.0.0/0"}, {}]
)


def test_takes_neither_an_address_network_nor_a_route_of_the_machine() -> None:
    used = network.taken(ADDRESSES, ROUTES)
    assert network.choose(used) == IPv4Network("10.213.2.0/24")


def test_a_default_route_takes_nothing() -> None:
    assert network.choose(network.taken("[]", json.dumps([{"dst": "default"}]))) == network.CANDIDATES[0]


def test_a_network_that_is_asked_for_goes_first_if_it_is_free() -> None:
    wanted = IPv4Network("10.99.0.0/24")
    assert network.choose([], wanted) == wanted
    assert network.choose([IPv4Network("10.99.0.128/25")], wanted) == network.CANDIDATES[0]


def test_a_machine_that_uses_them_all_gets_an_error() -> None:
    with pytest.raises(MachineError) as caught:
        network.choose([IPv4Network("10.0.0.0/8")])
    assert caught.value.problems[0].key == "lab.no-network"


@given(st.lists(st.sampled_from(network.CANDIDATES), max_size=60))
def test_never_overlaps_what_is_taken(used: list[IPv4Network]) -> None:
    assert not any(network.choose(used).overlaps(other) for other in used)


@given(st.from_regex(r"[a-z][a-z0-9-]{0,30}", fullmatch=True), st.integers(0, 200))
def test_interface_names_fit_the_kernels_fifteen_characters(name: str, number: int) -> None:
    paths = Paths(name)
    assert len(paths.bridge) <= 15
    assert len(paths.veth(number)) <= 15


def test_labs_of_different_names_share_no_interface() -> None:
    one, other = Paths("a"), Paths("b")
    assert one.bridge != other.bridge
    assert not other.namespace("srv1").startswith(one.namespace_prefix)


def test_hosts_addresses_are_clear_of_the_bridges_and_the_authoritys() -> None:
    lab = LabState(
        name="x", network=IPv4Network("10.213.0.0/24"), mirror="http://m", security_mirror="http://s"
    )
    host = HostState(name="srv1", number=0, disk_gib=1, ssh_host_key="k", lowers=())
    assert [str(lab.gateway), str(lab.authority), str(lab.address(host))] == [
        "10.213.0.1",
        "10.213.0.2",
        f"10.213.0.{FIRST_HOST}",
    ]
