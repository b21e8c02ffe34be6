"""The Merkle tree, against the known roots of RFC 6962's reference and against every small tree."""

from __future__ import annotations

import pytest

from provisioner.audit.bundle import merkle

REFERENCE = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(17)]


@pytest.mark.parametrize("size", ROOTS)
def test_known_roots(size):
    leaves = [merkle.leaf_hash(bytes.fromhex(one)) for one in REFERENCE[:size]]
    assert merkle.root(leaves).hex() == ROOTS[size]


@pytest.mark.parametrize("size", range(1, 18))
def test_inclusion(size):
    root = merkle.root(LEAVES[:size])
    for index in range(size):
        path = merkle.inclusion(LEAVES[:size], index)
        assert merkle.includes(LEAVES[index], index, size, path, root)
        for other in range(size + 2):
            assert (other == index) or not merkle.includes(LEAVES[index], other, size, path, root)
        assert not merkle.includes(LEAVES[index], index, size, [*path, root], root)
        assert not merkle.includes(LEAVES[index], index, size, path[:-1], root) or not path


@pytest.mark.parametrize("size", range(1, 18))
def test_consistency(size):
    new = merkle.root(LEAVES[:size])
    for first in range(1, size + 1):
        old = merkle.root(LEAVES[:first])
        path = merkle.consistency(LEAVES[:size], first)
        assert merkle.extends(first, size, old, new, path)
        rewritten = merkle.root([merkle.leaf_hash(b"other"), *LEAVES[1:first]])
        assert not merkle.extends(first, size, rewritten, new, path)
        assert not merkle.extends(first, size, old, rewritten, path)
        for place in range(len(path)):
            assert not merkle.extends(first, size, old, new, [*path[:place], bytes(32), *path[place + 1 :]])


def test_a_log_never_shrinks():
    assert not merkle.extends(3, 2, merkle.root(LEAVES[:3]), merkle.root(LEAVES[:2]), [])
    assert not merkle.extends(0, 2, merkle.root([]), merkle.root(LEAVES[:2]), [])
