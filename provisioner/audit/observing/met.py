"""Every host and address that an audit met, so that registries can be asked about them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from provisioner.audit.controls import shapes

_HOSTS = frozenset(
    {
        "address",
        "appstoreurl",
        "artifact_mirror",
        "connectivity_check_domains",
        "destination",
        "directory",
        "external_storages",
        "federation_hosts",
        "host",
        "hosts",
        "identity_domain",
        "issuer",
        "issuers",
        "lookup_server",
        "mail_smtphost",
        "mirror",
        "proxy",
        "remote_address",
        "resolvers",
        "security_mirror",
        "smtp_host",
        "target",
        "time_servers",
        "updater.server.url",
        "url",
        "WP_ACCESSIBLE_HOSTS",
        "WP_PROXY_HOST",
        "NUAGE_SIGNIN_ISSUER",
    }
)
"""Fields that hold a host, an address, or a URL."""


def met(documents: Mapping[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    """Names and single addresses, each in the form that the documents have."""
    names: set[str] = set()
    addresses: set[str] = set()
    for path, document in documents.items():
        if path.startswith(("observations/", "specs/")):
            for text in _texts(document, inside=False):
                host = urlsplit(text).hostname if "://" in text else text
                if not host:
                    continue
                (addresses if shapes.address(host) else names).add(host)
    plain = {name for name in names if "/" not in name and "?" not in name and "." in name}
    return frozenset(plain), frozenset(addresses)


def _texts(value: Any, *, inside: bool) -> Iterator[str]:  # noqa: ANN401  any JSON
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, inside=key in _HOSTS)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, inside=inside)
    elif inside and isinstance(value, str) and value:
        yield value
