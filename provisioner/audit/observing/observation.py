"""What a server's observation module sent back: unpacked, bounded, and nothing in it but what may be."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping

MOST_BYTES = 256 * 1024 * 1024
"""Of all texts of one server; a thousand municipalities on it take a tenth of that."""
_PATH = re.compile(r"[a-z]{2,20}\.json|index\.json\.sig|tenants/[0-9]{5}\.json")


class UnusableError(ValueError):
    """What came isn't an observation."""


def unpack(packed: str) -> dict[str, bytes]:
    """Texts by path below the server's folder, `index.json` and its signature among them.

    Raises:
        UnusableError: not packed as agreed, larger than agreed, or with paths that aren't a server's.
    """
    try:
        opener = zlib.decompressobj()
        data = opener.decompress(base64.b64decode(packed, validate=True), MOST_BYTES)
        if opener.unconsumed_tail or not opener.eof:
            raise UnusableError("size")
        texts = json.loads(data)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise UnusableError(str(error)) from error
    if not isinstance(texts, dict) or not {"index.json", "index.json.sig"} <= texts.keys():
        raise UnusableError("no index")
    if not all(isinstance(text, str) and _PATH.fullmatch(path) for path, text in texts.items()):
        raise UnusableError("paths")
    return {path: text.encode() for path, text in texts.items()}


def placed(server: str, texts: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same by path of the bundle."""
    return {f"observations/servers/{server}/{path}": text for path, text in texts.items()}
