"""Whether what runs is free software of a known version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from provisioner.audit.controls.case import Case
from provisioner.audit.controls.finding import Outcome, satisfied, unchecked, violated

MOST_NAMED = 20
"""Names that a finding tells; the count is whole."""
_FREE = re.compile(
    r"(?:LGPL|AGPL|GPL|GFDL|MPL|CDDL|EPL|EUPL|CeCILL|OFL|LPPL|CC0|CC-BY|BSD|MIT|X11|ISC|APACHE|ARTISTIC|PERL|PSF"
    r"|PYTHON|PHP|ZLIB|BSL|BOOST|UNICODE|ICU|OPENSSL|OPENLDAP|POSTGRESQL|CURL|EXPAT|FTL|LIBPNG|IJG|WTFPL|BEERWARE"
    r"|(?:SAX-|SOLAR-)?PUBLIC-DOMAIN|(?:SAX-)?PD|UNLICENSE|0BSD|NTP|HPND|TCP-WRAPPERS|VIM|SLEEPYCAT|ZPL|W3C|AFL"
    r"|BLUEOAK|SIL|TCL|BITSTREAM|UBUNTU-FONT|MARIADB|QPL|RUBY|PERMISSIVE|FSF|FSFULLR?|FSFAP|BZIP2|INFO-ZIP|BSLA"
    r"|SMAIL-GPL|IMAGEMAGICK|(?:GNU-)?ALL-PERMISSIVE|GD|PURDUE|LIBTIFF|IBM-AS-IS|HYLAFAX|(?:SSH-)?(?:OPEN)?SSH"
    r"|\w+-BSD-STYLE)"
    r"(?:$|[-+0-9.,~ ])",
    re.IGNORECASE,
)
"""Short names as Debian's copyright files and SPDX have them; one that isn't here is unknown, not unfree."""
_NOT_FREE = re.compile(
    r"CC-BY-(?:\w+-)*(?:NC|ND)|NON-?FREE|PROPRIETARY|COMMERCIAL|SSPL|BUSL|ELASTIC", re.IGNORECASE
)


@lru_cache(4096)
def is_free(licence: str) -> bool | None:
    """Whether a licence is free, by its short name: in an `or` one part is enough. None where it isn't known."""
    said = [_one(part) for part in re.split(r"\s+(?:or|OR)\s+", licence.strip())]
    if True in said:
        return True
    return None if None in said else False


def _one(expression: str) -> bool | None:
    parts = [part.strip() for part in re.split(r"\s+(?:and|AND)\s+|;|,(?=\s)", expression) if part.strip()]
    if not parts or any(_NOT_FREE.search(part) for part in parts):
        return False if parts else None
    return True if all(_FREE.match(part) for part in parts) else None


def components(case: Case, server: str) -> Outcome:
    """NC-SOF-01."""
    return _judged(case.topic(server, "components"))


def packages(case: Case, server: str) -> Outcome:
    """NC-SOF-02."""
    return _judged(case.topic(server, "packages"))


def extensions(case: Case, code: str) -> Outcome:
    """NC-SOF-03. Apps of Nextcloud's own release go by its licence, as components of the server."""
    found: list[Mapping[str, Any]] = []
    case.homes(code)
    website, cloud = case.home_of(code, "wordpress"), case.home_of(code, "nextcloud")
    if website is not None:
        said = website[1]["services"]["wordpress"]
        found += [*said["plugins"], *said["themes"]]
    if website is None and cloud is None:
        return satisfied("no-applications", {"count": 0}, {"free": True})
    return _judged(found) if found else satisfied("extensions-none", {"count": 0}, {"free": True})


def _judged(found: Iterable[Mapping[str, Any]]) -> Outcome:
    known = {(one["name"], one["version"], one["licence"]) for one in found}
    closed = sorted({name for name, _, licence in known if licence and is_free(licence) is False})
    unknown = sorted(
        {name for name, version, licence in known if not version or not licence or is_free(licence) is None}
    )
    observed = {
        "count": len(known),
        "closed": closed[:MOST_NAMED],
        "unknown": unknown[:MOST_NAMED],
        "unknown_count": len(unknown),
    }
    if closed:
        return violated("software-closed", observed, {"free": True})
    if unknown or not known:
        return unchecked("software-unknown", observed, {"free": True})
    return satisfied("software-free", observed, {"free": True})
