"""The form that a municipality's clerk fills in: one HTML file that needs no network and no account.

Its content security policy forbids every address, and names its own style and script by their hashes. What
it saves is read by `nuage request import`.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path

from provisioner import messages
from provisioner.directory.municipality import Directory
from provisioner.requests.sources import FORMAT, FORMAT_VERSION
from provisioner.spec.sizing import WORDPRESS

_PAGE = Path(__file__).parent / "page"


def page(directory: Directory, email: str = "") -> str:
    """The HTML of the form. ``email``: where the clerk is asked to send the file; may be empty."""
    texts = {language: _texts(language) for language in messages.LANGUAGES}
    style = _asset("form.css")
    script = _asset("form.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    filled = re.sub(
        r'(data-t="([a-z-]+)"[^>]*>)(?=<)',
        lambda match: match[1] + html.escape(texts["fr"][match[2]], quote=False),
        _asset("form.html"),
    )
    parts = {"policy": policy, "style": style, "script": script, "data": _data(directory, texts, email)}
    return re.sub(r"@(policy|style|script|data)@", lambda match: parts[match[1]], filled)


def _asset(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() + "'"


def _texts(language: str) -> dict[str, str]:
    disk = {f"{size.value}_gib": str(need.disk_mib // 1024) for size, need in WORDPRESS.items()}
    return {
        name: _unbroken(re.sub(r"\{(\w+_gib)\}", lambda match: disk[match[1]], text))
        for name, text in messages.catalogue(language, "form").items()
    }


def _unbroken(text: str) -> str:
    """No line break between a French sign and its word, nor between a number and its unit."""
    return re.sub(r"(?<=«) | (?=[»:])|(?<=\d) (?=G[oB])", "\u00a0", text)


def _data(directory: Directory, texts: dict[str, dict[str, str]], email: str) -> str:
    listed = [
        {
            "code": one.code,
            "name": one.name,
            "designation": one.designation,
            "region": one.region,
            "mrc": one.mrc,
            "population": one.population,
            "website": one.website,
        }
        for one in directory.municipalities
        if one.local
    ]
    content = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "email": email,
        "texts": texts,
        "municipalities": listed,
    }
    # "</script>" inside a text would end the element.
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
