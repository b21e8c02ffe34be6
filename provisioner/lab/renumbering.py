"""A snapshot's host on another network than the one it was prepared on.

Its firewall lets in the network that it was made on and no other, so nobody could tell it of the new
one once it runs: its configuration is written anew before it first starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network
from pathlib import Path

FOLDER = "etc"
"""What a server remembers elsewhere of its network is history, such as whom a certificate came from."""
LARGEST = 1 << 20


def renumber(text: str, before: IPv4Network, after: IPv4Network) -> str:
    """The text, with each address of ``before`` as the same one of ``after``; both are /24."""
    old, new = (str(network.network_address).removesuffix("0") for network in (before, after))
    return re.sub(rf"(?<![\d.]){re.escape(old)}(?=\d{{1,3}}\b(?!\.\d))", new, text)


def renumbered(
    layers: Iterable[Path], before: IPv4Network, after: IPv4Network
) -> dict[str, tuple[str, Path]]:
    """New text and original of each file of the configuration that names an address, by its path in the host.

    ``layers`` are the host's own, the topmost first; the base belongs to no network.
    """
    found: dict[str, tuple[str, Path]] = {}
    seen: set[str] = set()
    for layer in layers:
        for path in sorted((layer / FOLDER).rglob("*")):
            relative = str(path.relative_to(layer))
            hidden = relative in seen
            seen.add(relative)
            if hidden or path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
                continue
            text = path.read_bytes().decode("utf-8", errors="replace")
            if "�" not in text and (new := renumber(text, before, after)) != text:
                found[relative] = (new, path)
    return found
