"""Finds the Debian mirror of the control machine in its own apt configuration.

No mirror's host name is written in the project. NUAGE_DEBIAN_MIRROR and
NUAGE_DEBIAN_SECURITY_MIRROR, when set, win over what apt says.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from provisioner.errors import MachineError
from provisioner.lab import programs


@dataclass(frozen=True)
class Source:
    """One line or stanza of apt's sources, as far as it matters here."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str


@dataclass(frozen=True)
class Mirrors:
    """Where Debian's packages and its security updates come from; no trailing slashes."""

    debian: str
    security: str


def one_line(text: str) -> list[Source]:
    """The sources in a file of the old format, `deb [options] URI suite component...`."""
    found = []
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)", line)
        if match:
            options, uri, suite, components = match.groups()
            signed = re.search(r"signed-by=(\S+)", options or "", re.IGNORECASE)
            found.append(
                Source(uri.rstrip("/"), (suite,), tuple(components.split()), signed[1] if signed else "")
            )
    return found


def deb822(text: str) -> list[Source]:
    """The sources in a file of the new format, `Types:`, `URIs:`, `Suites:`."""
    found = []
    for stanza in re.split(r"\n\s*\n", text):
        lines = [line for line in stanza.splitlines() if not line.startswith("#")]
        fields: dict[str, str] = {}
        key = ""
        for line in lines:
            if line[:1].isspace():
                fields[key] = f"{fields.get(key, '')} {line.strip()}"
            elif ":" in line:
                key, _, value = line.partition(":")
                key = key.strip().lower()
                fields[key] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes") == "no":
            continue
        suites, components = fields.get("suites", "").split(), fields.get("components", "").split()
        for uri in fields.get("uris", "").split():
            signed = fields.get("signed-by", "")
            found.append(Source(uri.rstrip("/"), tuple(suites), tuple(components), signed))
    return found


def pick(sources: Iterable[Source], codename: str) -> Mirrors | None:
    """Debian's own mirror among the sources, or None.

    Others serve a suite of the same name, so a source that has the updates too, or is signed by
    Debian's own keyring, goes first.
    """
    usable = [s for s in sources if s.uri.startswith(("http://", "https://")) and "main" in s.components]

    def debian_first(source: Source) -> tuple[bool, bool]:
        return f"{codename}-updates" not in source.suites, "debian-archive" not in source.signed_by

    with_updates = {source.uri for source in usable if f"{codename}-updates" in source.suites}
    main = sorted(
        (s for s in usable if {codename, "stable"} & set(s.suites)),
        key=lambda s: (s.uri not in with_updates, *debian_first(s)),
    )
    security = [s for s in usable if {f"{codename}-security", "stable-security"} & set(s.suites)]
    return Mirrors(main[0].uri, security[0].uri) if main and security else None


def read_sources(folder: Path) -> list[Source]:
    """Every source of an apt configuration (normally /etc/apt)."""
    sources: list[Source] = []
    for path in [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]:
        if path.suffix not in {".list", ".sources"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        sources += deb822(text) if path.suffix == ".sources" else one_line(text)
    return sources


def codename(os_release: Path) -> str:
    """This machine's Debian release, `bookworm` for example; empty when unknown."""
    for line in os_release.read_text(encoding="utf-8").splitlines():
        if line.startswith("VERSION_CODENAME="):
            return shlex.split(line.partition("=")[2])[0]
    return ""


def find(environ: Mapping[str, str] | None = None, root: Path = Path("/")) -> Mirrors:
    """The mirror of this machine.

    Raises:
        MachineError: apt's configuration names no Debian mirror reached by HTTP.
    """
    environ = os.environ if environ is None else environ
    main = environ.get("NUAGE_DEBIAN_MIRROR", "").rstrip("/")
    security = environ.get("NUAGE_DEBIAN_SECURITY_MIRROR", "").rstrip("/")
    if main and security:
        return Mirrors(main, security)
    found = pick(read_sources(root / "etc/apt"), codename(root / "etc/os-release"))
    if found is None:
        raise MachineError("lab.no-mirror")
    return Mirrors(main or found.debian, security or found.security)


def apt_proxy() -> str:
    """The HTTP proxy that this machine's apt goes through; empty when there is none."""
    output = programs.run(["apt-config", "shell", "PROXY", "Acquire::http::Proxy"])
    words = shlex.split(output)
    value = words[0].partition("=")[2] if words else ""
    return "" if value == "DIRECT" else value.rstrip("/")
