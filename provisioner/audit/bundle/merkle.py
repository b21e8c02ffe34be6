"""The Merkle tree of RFC 9162: that a leaf is in a log, and that a log only ever grew."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def leaf_hash(data: bytes) -> bytes:
    """Hash of one leaf (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """Root over leaf hashes, in order."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    split = _split(len(hashes))
    return _node(root(hashes[:split]), root(hashes[split:]))


def inclusion(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The inclusion proof of the leaf at ``index`` (2.1.3.1)."""
    if len(hashes) == 1:
        return []
    split = _split(len(hashes))
    if index < split:
        return [*inclusion(hashes[:split], index), root(hashes[split:])]
    return [*inclusion(hashes[split:], index - split), root(hashes[:split])]


def consistency(hashes: Sequence[bytes], first: int) -> list[bytes]:
    """The proof that the first ``first`` leaves are the beginning of all (2.1.4.1); 0 < first <= their number."""
    return [] if first == len(hashes) else _subproof(first, hashes, whole=True)


def includes(leaf: bytes, index: int, size: int, path: Sequence[bytes], root_hash: bytes) -> bool:
    """Whether the leaf of this hash stands at ``index`` of the tree of ``size`` leaves (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = _node(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = _node(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root_hash


def extends(first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the tree of ``second`` leaves begins with that of ``first`` (2.1.4.2)."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    if first & (first - 1) == 0:
        path = [first_root, *path]
    if not path:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = _node(sibling, old), _node(sibling, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = _node(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _subproof(first: int, hashes: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if first == len(hashes):
        return [] if whole else [root(hashes)]
    split = _split(len(hashes))
    if first <= split:
        return [*_subproof(first, hashes[:split], whole=whole), root(hashes[split:])]
    return [*_subproof(first - split, hashes[split:], whole=False), root(hashes[:split])]


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
