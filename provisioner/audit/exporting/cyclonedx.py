"""CycloneDX 1.6: what is installed and deployed on a server, with versions and licences."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.tool import Tool
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from provisioner.audit.bundle import layout
from provisioner.audit.exporting.dossier import Dossier, file_name
from provisioner.audit.exporting.oscal import NAMESPACE

_APPLICATIONS = {"plugins": "wordpress-plugin", "themes": "wordpress-theme", "apps": "nextcloud-app"}


@dataclass(frozen=True)
class Part:
    """One thing that runs on a server. ``kind``: deb, component, or what it extends."""

    kind: str
    name: str
    version: str
    licence: str = ""
    sha256: str = ""
    arch: str = ""
    source: str = ""


def boms(dossier: Dossier) -> dict[str, bytes]:
    """A document per server that was observed, by file name."""
    return {
        f"{file_name(server)}.cdx.json": bom(dossier, server)
        for server in sorted(dossier.audit["subjects"]["servers"])
    }


def bom(dossier: Dossier, server: str) -> bytes:
    """The document of one server; empty of components where nothing was observed."""
    users: dict[Part, set[str]] = {}
    for part, code in _parts(dossier, server):
        users.setdefault(part, set()).update({code} - {""})
    root = Component(name=server, type=ComponentType.DEVICE, bom_ref=f"server/{server}")
    document = Bom(
        serial_number=uuid.uuid5(NAMESPACE, f"{dossier.audit['id']} cyclonedx {server}"),
        components=[_component(part, users[part]) for part in users],
    )
    document.metadata.component = root
    document.metadata.timestamp = datetime.fromisoformat(str(dossier.audit["ended"]).replace("Z", "+00:00"))
    document.metadata.tools.tools.add(Tool(name="nuage-commun", version=str(dossier.audit["software"])))
    document.metadata.properties.add(Property(name="nuage:audit", value=str(dossier.audit["id"])))
    document.register_dependency(root, document.components)
    return (JsonV1Dot6(document).output_as_string(indent=1) + "\n").encode()


def _parts(dossier: Dossier, server: str) -> Iterator[tuple[Part, str]]:
    """Each part with the code of the municipality whose it is; empty for the server's own."""
    documents = dossier.documents
    for topic, kind in (("packages", "deb"), ("components", "component")):
        for part in _listed(kind, documents.get(layout.topic(server, topic))):
            yield part, ""
    for code, servers in dossier.homes.items():
        if server in servers:
            for part in _extensions(documents[layout.tenant(server, code)]):
                yield part, code


def _extensions(observed: Any) -> Iterator[Part]:  # noqa: ANN401  what a server said
    services = observed.get("services") if isinstance(observed, dict) else None
    for service in services.values() if isinstance(services, dict) else ():
        for name, kind in _APPLICATIONS.items():
            if isinstance(service, dict):
                yield from _listed(kind, service.get(name))


def _listed(kind: str, entries: Any) -> Iterator[Part]:  # noqa: ANN401  what a server said
    """The entries that have a name; what else a server said is for the controls to judge."""
    for entry in entries if isinstance(entries, list) else ():
        named = {"name": entry} if isinstance(entry, str) else entry
        if isinstance(named, dict) and isinstance(named.get("name"), str) and named["name"]:
            known = {
                field: str(named.get(field) or "")
                for field in ("name", "version", "licence", "sha256", "arch", "source")
            }
            yield Part(kind, **known)


def _component(part: Part, users: set[str]) -> Component:
    system = part.kind == "deb"
    properties = [Property(name="nuage:kind", value=part.kind)]
    properties += [Property(name="nuage:municipality", value=code) for code in sorted(users)]
    if not part.licence:
        properties.append(Property(name="nuage:licence", value="unknown"))
    return Component(
        name=part.name,
        version=part.version or None,
        type=ComponentType.LIBRARY if system else ComponentType.APPLICATION,
        bom_ref="/".join((part.kind, part.name, part.version, part.arch)).rstrip("/"),
        licenses=[LicenseFactory().make_from_string(part.licence)] if part.licence else [],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=part.sha256)] if part.sha256 else [],
        purl=_purl(part) if system else None,
        properties=properties,
    )


def _purl(part: Part) -> PackageURL:
    qualifiers = {"arch": part.arch} if part.arch else None
    return PackageURL("deb", "debian", part.name, part.version or None, qualifiers)
