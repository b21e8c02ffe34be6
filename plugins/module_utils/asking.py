# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server asks its own sites, by their names and past any resolver.

What is checked is the way from nginx to PHP. The certificate's chain is checked from outside, by ``nuage verify``.
"""

from __future__ import annotations

import http.client
import socket
import ssl


class Direct(http.client.HTTPSConnection):
    """Connects to an address and names the site."""

    def __init__(self, address, domain):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        super().__init__(domain, 443, timeout=60, context=context)
        self._address = address

    def connect(self):
        plain = socket.create_connection((self._address, 443), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


def ask(address, domain, method, path, *, body=None, headers=None):  # noqa: PLR0913
    """Status, headers by lower-case name, and body of one answer; redirections are not followed."""
    connection = Direct(address, domain)
    try:
        connection.request(method, path, body=body, headers={"User-Agent": "nuage", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()
