"""Real HTTPS requests to a site at a given address, with the chain and the name checked."""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """Status, headers by lower-case name, and body as text."""

    status: int
    headers: dict[str, str]
    body: str


class _At(http.client.HTTPSConnection):
    def __init__(self, domain: str, address: str, context: ssl.SSLContext, timeout: float) -> None:
        super().__init__(domain, 443, timeout=timeout, context=context)
        self._address, self._trust = address, context

    def connect(self) -> None:
        """Connect to the address rather than to whatever the name resolves to."""
        plain = socket.create_connection((self._address, 443), self.timeout)
        self.sock = self._trust.wrap_socket(plain, server_hostname=self.host)


def get(  # noqa: PLR0913  one request, named
    domain: str,
    address: str,
    path: str = "/",
    *,
    authority: str = "",
    method: str = "GET",
    timeout: float = 60,
) -> Answer:
    """One request. ``authority`` is a PEM file, the system's trust where empty.

    Raises:
        OSError: no connection, or a certificate that doesn't hold.
        http.client.HTTPException: no proper answer.
    """
    connection = _At(domain, address, ssl.create_default_context(cafile=authority or None), timeout)
    try:
        connection.request(method, path, headers={"User-Agent": "nuage-verify"})
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read().decode("utf-8", "replace"))
    finally:
        connection.close()


def redirect(domain: str, address: str, *, timeout: float = 20) -> Answer:
    """The answer on port 80."""
    connection = http.client.HTTPConnection(address, 80, timeout=timeout)
    try:
        connection.request("GET", "/", headers={"Host": domain, "User-Agent": "nuage-verify"})
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read().decode("utf-8", "replace"))
    finally:
        connection.close()
